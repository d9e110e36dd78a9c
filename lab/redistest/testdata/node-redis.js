// Connects node-redis with its default options to database 1.
const { createClient } = require('redis');

async function main() {
  const [host, port] = process.argv.slice(2);
  const connect = (database) => createClient({ url: `redis://${host}:${port}/${database}` }).connect();
  const c = await connect(1);
  const results = [await c.set('a', '1'), await c.get('a'), await c.get('nothing')];
  await c.hSet('h', { f: '1', g: '2' });
  await c.sAdd('s', 'm');
  results.push(await c.hGetAll('h'), [...await c.sMembers('s')]);
  results.push((await c.multi().incrBy('n', 1).incrBy('n', 1).exec()).map(String));
  await c.flushDb();
  await c.set('only', '1');
  const other = await connect(0);
  results.push(await c.dbSize(), await other.dbSize());
  console.log(results.map((r) => (typeof r === 'string' ? r : JSON.stringify(r))).join(' '));
  await c.close();
  await other.close();
}

main();
