// Connects ioredis with its default options to database 1.
const Redis = require('ioredis');

async function main() {
  const [host, port] = process.argv.slice(2);
  const c = new Redis({ host, port, db: 1 });
  const results = [await c.set('a', '1'), await c.get('a'), await c.get('nothing')];
  await c.hset('h', { f: '1', g: '2' });
  await c.sadd('s', 'm');
  results.push(await c.hgetall('h'), await c.smembers('s'));
  results.push((await c.multi().incrby('n', 1).incrby('n', 1).exec()).map((r) => String(r[1])));
  await c.flushdb();
  await c.set('only', '1');
  const other = new Redis({ host, port });
  results.push(await c.dbsize(), await other.dbsize());
  console.log(results.map((r) => (typeof r === 'string' ? r : JSON.stringify(r))).join(' '));
  c.disconnect();
  other.disconnect();
}

main();
