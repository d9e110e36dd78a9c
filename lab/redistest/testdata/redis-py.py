# Connects redis-py with its default options to database 1.
import json
import sys

import redis

host, port = sys.argv[1:]
c = redis.Redis(host=host, port=int(port), db=1, decode_responses=True)
results = [{True: "OK"}[c.set("a", "1")], c.get("a"), c.get("nothing")]
c.hset("h", mapping={"f": "1", "g": "2"})
c.sadd("s", "m")
results += [c.hgetall("h"), list(c.smembers("s"))]
results.append([str(v) for v in c.pipeline().incrby("n", 1).incrby("n", 1).execute()])
c.flushdb()
c.set("only", "1")
results += [c.dbsize(), redis.Redis(host=host, port=int(port)).dbsize()]
print(*[r if isinstance(r, str) else json.dumps(r, separators=(",", ":")) for r in results])
