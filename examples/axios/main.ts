/** Ordinary axios calls; the sixth does not reach the failing host. */

import { attachBreaker } from '@cutout/axios';
import { answer, ScriptedServer } from '@cutout/testing';
import axios, { type AxiosError } from 'axios';

await using server = await ScriptedServer.start(answer(503));

const http = axios.create({ baseURL: server.origin });
const detach = attachBreaker(http, { retry: false });

for (let call = 1; call <= 6; call++) {
  await http
    .get('/')
    .catch((error: AxiosError) => console.log(call, error.code, error.response?.status ?? 'nothing sent'));
}
console.log(`${server.requests.length} requests arrived`);
detach();
