"""Scratch."""
import asyncio, sys, uvloop, os, time, cProfile, pstats
from benchmarks.servers import running
from benchmarks.ledger import world, callers, peers
from capitalino.kit import migrations
from capitalino.services.ledger.tables import schema

async def main():
    secs=float(os.environ.get("SECONDS","4"))
    async with running(world.MODULES) as servers:
        await migrations.upgrade(servers.postgres.url("ledger_owner"), schema)
        tp=None
        if os.environ.get("TPCB"):
            tp=await peers.prepare_tpcb(servers.postgres.admin_url)
        async with world.ledger(servers) as w:
            await world.open_accounts(w.accounts)
            for r in range(int(os.environ.get("ROUNDS","2"))):
                b = await peers.tpcb(tp, int(secs)) if tp else 1
                out={"tpcb":b}
                for name,n,among in (("64",64,range(10000)),("512",512,range(10000)),("hot",64,range(10000,10002))):
                    c=time.process_time(); 
                    if os.environ.get("PROFILE"):
                        pr=cProfile.Profile(); pr.enable()
                    f=await callers.closed_loop(w.entries,n,secs,among=among)
                    if os.environ.get("PROFILE"):
                        pr.disable(); pstats.Stats(pr).sort_stats("tottime").print_stats(45)
                    c=time.process_time()-c
                    out[name]=(round(f.per_s), round(f.per_s/b,2), round(f.p50_ms,1), round(f.p99_ms,1), "py_us",round(c/(f.per_s*secs)*1e6))
                print(out, flush=True)
uvloop.run(main())
