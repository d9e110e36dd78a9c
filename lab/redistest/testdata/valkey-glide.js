// Connects valkey-glide with its default options to database 1.
const { Batch, GlideClient } = require('@valkey/valkey-glide');

async function main() {
  const [host, port] = process.argv.slice(2);
  const connect = (databaseId) => GlideClient.createClient({ addresses: [{ host, port: Number(port) }], databaseId });
  const c = await connect(1);
  const results = [await c.set('a', '1'), await c.get('a'), await c.get('nothing')];
  await c.hset('h', { f: '1', g: '2' });
  await c.sadd('s', ['m']);
  const fields = await c.hgetall('h');
  results.push(Object.fromEntries(fields.map((f) => [f.field, f.value])), [...await c.smembers('s')]);
  results.push((await c.exec(new Batch(true).incrBy('n', 1).incrBy('n', 1), true)).map(String));
  await c.flushdb();
  await c.set('only', '1');
  const other = await connect(0);
  results.push(await c.dbsize(), await other.dbsize());
  console.log(results.map((r) => (typeof r === 'string' ? r : JSON.stringify(r))).join(' '));
  c.close();
  other.close();
}

main();
