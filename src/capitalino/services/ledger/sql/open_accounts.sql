-- Opens the accounts that are not there. Answers how many were new, or the place (from 1) of the first that cannot be:
-- a book or an asset that we do not keep, or an account that is open already with another book, bounds or side. Then the caller
-- rolls back: all are opened or none.
create or replace function ledger.open_accounts(
    addresses text[], assets text[], books text[], normals smallint[], floors numeric[], ceilings numeric[], in_shard smallint,
    out opened int, out book_unknown int, out asset_unknown int, out differs int
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Addresses and assets stand in events as they are: `post_batch` does not escape them.
    if exists (select from unnest(addresses, assets, books, normals, floors, ceilings) u(address, asset, book, normal, floor, ceiling)
                where (address ~ '^[a-z]+(:[A-Za-z0-9._-]+)+$' and asset ~ '^[A-Z0-9._-]{2,20}$' and book ~ '^[a-z][a-z0-9_-]{0,30}$'
                       and normal in (1, -1) and coalesce(floor <= ceiling, true)) is not true) then
        raise exception 'an account has an address, an asset, a book, a side, and a floor below its ceiling' using errcode = 'check_violation';
    end if;
    select min(u.no) into book_unknown
      from unnest(books) with ordinality u(book, no)
     where not exists (select from ledger.book b where b.book = u.book);
    select min(u.no) into asset_unknown
      from unnest(assets) with ordinality u(asset, no)
     where not exists (select from ledger.asset a where a.asset = u.asset);
    opened := 0;
    if book_unknown is not null or asset_unknown is not null then
        return;
    end if;
    insert into ledger.account (address, asset, book, shard, normal, floor, ceiling)
    select u.address, u.asset, u.book, in_shard, u.normal, u.floor, u.ceiling
      from unnest(addresses, assets, books, normals, floors, ceilings) u(address, asset, book, normal, floor, ceiling)
     order by u.address, u.asset
        on conflict (address, asset) do nothing;
    get diagnostics opened = row_count;
    select min(u.no) into differs
      from unnest(addresses, assets, books, normals, floors, ceilings) with ordinality u(address, asset, book, normal, floor, ceiling, no)
      join ledger.account a on a.address = u.address and a.asset = u.asset
     where (a.book, a.shard, a.normal) <> (u.book, in_shard, u.normal)
        or a.floor is distinct from u.floor or a.ceiling is distinct from u.ceiling;
end $$;
