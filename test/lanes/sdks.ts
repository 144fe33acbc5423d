/**
 * Which SDKs the global dispatcher guards, and how to guard the others: `npm run sdks`. Installs them into a separate
 * directory, because they are large and nothing else needs them.
 */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { breakerInterceptor, installGlobalDispatcher } from '@cutout/undici';

const SDKS = {
  stripe: '23.1.0',
  '@aws-sdk/client-s3': '3.1175.0',
  '@smithy/fetch-http-handler': '5.8.1',
  '@elastic/elasticsearch': '9.4.3',
  openai: '6.49.0',
  axios: '1.21.1',
  got: '16.1.0',
};

type Any = ReturnType<typeof JSON.parse>;

const directory = mkdtempSync(join(tmpdir(), 'sdks-'));
writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module', dependencies: SDKS }));
execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: directory, stdio: 'inherit' });
const load = async (name: string): Promise<Any> =>
  import(pathToFileURL(createRequire(join(directory, 'x.js')).resolve(name)).href);

const server = createServer(({ headers }, response) => {
  const isXml = String(headers['user-agent']).includes('aws-sdk');
  response.setHeader('x-elastic-product', 'Elasticsearch');
  response.setHeader('content-type', isXml ? 'application/xml' : 'application/json');
  response.end(isXml ? '<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>' : '{"object":"list","data":[]}');
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = server.address() as AddressInfo;
const url = `http://127.0.0.1:${port}`;
const { policy } = installGlobalDispatcher();

let failed = 0;
async function check(name: string, isReached: boolean, send: () => Promise<unknown>): Promise<void> {
  const count = (): number => policy.metricsOf(url)?.answers.success ?? 0;
  const before = count();
  await send();
  const holds = count() > before === isReached;
  if (!holds) failed += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'}  ${name}: ${isReached ? 'reached' : 'not reached'}`);
}

const { default: Stripe } = await load('stripe');
const stripe = { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 };
await check('Stripe', false, () => new Stripe('sk_test', stripe).customers.list());
await check('Stripe.createFetchHttpClient()', true, () =>
  new Stripe('sk_test', { ...stripe, httpClient: Stripe.createFetchHttpClient() }).customers.list(),
);

const { S3Client, ListBucketsCommand } = await load('@aws-sdk/client-s3');
const { FetchHttpHandler } = await load('@smithy/fetch-http-handler');
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const aws = { endpoint: url, region: 'x', credentials, maxAttempts: 1 };
await check('AWS', false, () => new S3Client(aws).send(new ListBucketsCommand({})));
await check('AWS with FetchHttpHandler', true, () =>
  new S3Client({ ...aws, requestHandler: new FetchHttpHandler() }).send(new ListBucketsCommand({})),
);

const { Client, UndiciConnection } = await load('@elastic/elasticsearch');
class GuardedConnection extends UndiciConnection {
  declare pool: Any;

  constructor(options: Any) {
    super(options);
    this.pool = this.pool.compose(breakerInterceptor(policy, { origin: options.url.origin }));
  }
}
const elastic = { node: url, maxRetries: 0 };
await check('Elasticsearch', false, () => new Client(elastic).info());
await check('Elasticsearch with a guarded UndiciConnection', true, () =>
  new Client({ ...elastic, Connection: GuardedConnection }).info(),
);

const { default: OpenAI } = await load('openai');
await check('OpenAI', true, () => new OpenAI({ apiKey: 'x', baseURL: url, maxRetries: 0 }).models.list());
const { default: axios } = await load('axios');
await check('axios', false, () => axios.get(url));
await check("axios with adapter: 'fetch'", true, () => axios.get(url, { adapter: 'fetch' }));
const { default: got } = await load('got');
await check('got', false, () => got(url));

server.close().closeAllConnections();
rmSync(directory, { recursive: true, force: true });
process.exit(failed === 0 ? 0 : 1);
