"""Scratch: A/B of the posting function."""
import asyncio, os, random, sys, time, statistics, uvloop, asyncpg, re
from pathlib import Path
from benchmarks.servers import running
from benchmarks.ledger import world
from capitalino.kit import migrations
from capitalino.kit.ids import new_id
from capitalino.services.ledger.tables import schema
from capitalino.services.ledger.domain import Entry, Movement, Place
from capitalino.services.ledger.store.batch import Ask, POST, arguments
SQL=Path("src/capitalino/services/ledger/sql")
def batch(keys,size):
    asks=[]
    for _ in range(size):
        s,d=random.sample(keys,2)
        asks.append(Ask(Entry(new_id(),"post","bench.post",(Movement("a","b","EUR",random.randint(1,99999)),)),((Place(s,"a","EUR","main",0),Place(d,"b","EUR","main",0)),)))
    return arguments("main",0,asks)
async def main():
    async with running(world.MODULES) as servers:
        await migrations.upgrade(servers.postgres.url("ledger_owner"), schema)
        async with world.ledger(servers) as w:
            await world.open_accounts(w.accounts)
        own=await asyncpg.connect(servers.postgres.url("ledger_owner"))
        keys=[r[0] for r in await own.fetch("select account_id from ledger.account order by 1")]
        base=(SQL/"post_batch.sql").read_text()
        variants={"base":[base]}
        exec(open(sys.argv[1]).read(), globals()|{"base":base,"variants":variants})
        sizes=[1,32,256]
        app=await asyncpg.connect(servers.postgres.url("ledger_app"))
        res={}
        for rnd in range(int(os.environ.get("ROUNDS","5"))):
            for name,scripts in variants.items():
                for s in scripts: await own.execute(s)
                await app.close(); app=await asyncpg.connect(servers.postgres.url("ledger_app"))
                for size in sizes:
                    bs=[batch(keys[:10000],size) for _ in range(min(max(8000//size,3),600))]
                    await app.fetchrow(POST,*batch(keys[:10000],size))
                    pid=app.get_server_pid(); 
                    c0=cpu(pid)
                    t=time.perf_counter()
                    for b in bs: await app.fetchrow(POST,*b)
                    n=len(bs)*size
                    res.setdefault((name,size),[]).append(((time.perf_counter()-t)/n*1e6,(cpu(pid)-c0)/n*1e6))
        for (name,size),v in sorted(res.items(), key=lambda x:(x[0][1])):
            print(f"{size:5} {name:20} wall {statistics.median(a for a,_ in v):7.1f} cpu {statistics.median(b for _,b in v):7.1f} us")
def cpu(pid):
    f=open(f"/proc/{pid}/schedstat").read().split(); return int(f[0])/1e9
uvloop.run(main())
