-- Something in the batch must be refused, or has to be looked at in its turn: judge the commands one after the other, as
-- if each had come alone. `out_room` is what may still leave an account, `in_room` what may still come in; null: no bound.
create or replace function ledger.judge(
    in_book text, in_shard smallint, at timestamptz, verdicts smallint[], kinds text[], refs uuid[], counted numeric[], limit_keys text[],
    p_entry int[], p_source bigint[], p_destination bigint[], p_asset text[], p_moved numeric[], p_held numeric[], p_number int[], p_left numeric[]
) returns smallint[]
language plpgsql stable
as $$
declare
    known bigint[]; assets text[]; states smallint[]; out_room numeric[]; in_room numeric[];
    from_at int[]; to_at int[];                      -- where the accounts of each posting stand in those arrays
    firsts int[];                                    -- the first command of the batch that refers to the same entry
    keys text[]; key_room numeric[]; key_at int;     -- what each limit still leaves
    resolved boolean[] := array_fill(false, array[cardinality(kinds)]);
    postings int := cardinality(p_entry);
    j int := 1; k int; first int; s int; d int; moved numeric; total numeric; verdict smallint;
begin
    verdicts := coalesce(verdicts, array_fill(0::smallint, array[cardinality(kinds)]));
    select array_agg(a.account_id), array_agg(a.asset), array_agg(a.state),
           array_agg(a.credits_posted - a.debits_posted - a.debits_pending - a.floor),
           array_agg(a.ceiling - a.credits_posted + a.debits_posted - a.credits_pending)
      into known, assets, states, out_room, in_room
      from (select * from ledger.account
             where account_id = any (p_source || p_destination) and book = in_book and shard = in_shard order by account_id) a;
    select array_agg(x.place order by u.no), array_agg(y.place order by u.no) into from_at, to_at
      from unnest(p_source, p_destination) with ordinality u(source, destination, no)
      left join unnest(known) with ordinality x(account_id, place) on x.account_id = u.source
      left join unnest(known) with ordinality y(account_id, place) on y.account_id = u.destination;
    select array_agg(u.first order by u.no) into firsts
      from (select no, min(no) over (partition by ref) as first from unnest(refs) with ordinality h(ref, no)) u;
    if counted is not null then
        select array_agg(distinct u) into keys from unnest(limit_keys) u where u is not null;
        key_room := ledger.limit_room(keys, at);
    end if;

    while j <= postings loop
        k := p_entry[j]; first := j; verdict := verdicts[k];
        if verdict = 0 and kinds[k] in ('capture', 'release', 'expire') and resolved[firsts[k]] then
            verdict := 15;
        end if;
        while j <= postings and p_entry[j] = k loop
            if verdict = 0 then
                s := from_at[j]; d := to_at[j];
                moved := coalesce(p_moved[j], 0); total := moved + coalesce(p_held[j], 0);
                if p_number[j] is not null then      -- what earlier commands, and this one, have taken back of it already
                    for i in 1 .. j - 1 loop
                        if p_number[i] = p_number[j] and refs[p_entry[i]] = refs[k] and (p_entry[i] = k or verdicts[p_entry[i]] = 0) then
                            p_left[j] := p_left[j] - p_moved[i];
                        end if;
                    end loop;
                end if;
                verdict := case
                    when p_number[j] is not null and p_left[j] is null then 16
                    when p_left[j] < moved then 18
                    when s is null or d is null or p_asset[j] <> assets[s] or assets[d] <> assets[s] then 13
                    when total > 0 and (states[s] & 6 <> 0 or states[d] & 5 <> 0) then 12
                    when total > 0 and out_room[s] < total then 10
                    when total > 0 and in_room[d] < total then 11
                    else 0 end;
                if verdict = 0 then
                    out_room[s] := out_room[s] - total; in_room[s] := in_room[s] + moved;
                    in_room[d] := in_room[d] - total;   out_room[d] := out_room[d] + moved;
                else                                 -- undo what this command has done so far
                    for i in reverse j - 1 .. first loop
                        s := from_at[i]; d := to_at[i];
                        moved := coalesce(p_moved[i], 0); total := moved + coalesce(p_held[i], 0);
                        out_room[s] := out_room[s] + total; in_room[s] := in_room[s] - moved;
                        in_room[d] := in_room[d] + total;   out_room[d] := out_room[d] - moved;
                    end loop;
                end if;
            end if;
            j := j + 1;
        end loop;
        if verdict = 0 and counted[k] is not null then
            key_at := array_position(keys, limit_keys[k]);
            if key_room[key_at] < counted[k] then
                verdict := 19;
                for i in first .. j - 1 loop
                    s := from_at[i]; d := to_at[i];
                    moved := coalesce(p_moved[i], 0); total := moved + coalesce(p_held[i], 0);
                    out_room[s] := out_room[s] + total; in_room[s] := in_room[s] - moved;
                    in_room[d] := in_room[d] + total;   out_room[d] := out_room[d] - moved;
                end loop;
            else
                key_room[key_at] := key_room[key_at] - counted[k];
            end if;
        end if;
        verdicts[k] := verdict;
        if verdict = 0 and refs[k] is not null then
            resolved[firsts[k]] := true;
        end if;
    end loop;
    return verdicts;
end $$;
