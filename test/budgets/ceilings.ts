/**
 * What each count may come to. `ceiling` is asserted by the tests: lower it whenever the code gets better, and raise it
 * for a stated reason only. `budget` is where the code should go. `before` is what stood in docs/architecture.md when
 * the budgets were set, measured by other means where it differs from the first ceiling.
 *
 * Counts are exact. Bytes of memory vary by some percent with what the compiler has optimised, and those of bundles with
 * every small edit: their ceilings leave 5 %. The tests take a quick look, which sees less optimised code than
 * `npm run budgets` does. `npm run budgets -- --ceilings lower` lowers what can be lowered.
 */

export interface Ceiling {
  readonly what: string;
  readonly unit: string;
  readonly before?: number;
  readonly budget?: number;
  /** Inclusive. Left out for what is shown for comparison. */
  readonly ceiling?: number;
}

const NO_BODY = 'fetch without body';
const JSON_BODY = 'fetch with json()';
const LIMITED = 'fetch without body, time limit';
const UNDICI = 'undici.request';

export const CEILINGS = {
  'fetch.calls': { what: `${NO_BODY}: function entries`, unit: 'per call', before: 175, budget: 90, ceiling: 151 },
  'fetch.files': { what: `${NO_BODY}: source files`, unit: 'per call', before: 33, budget: 16, ceiling: 38 },
  'fetch.clock': { what: `${NO_BODY}: clock reads`, unit: 'per call', before: 8, budget: 4, ceiling: 3 },
  'fetch.promises': {
    what: `${NO_BODY}: promises beyond the client’s`,
    unit: 'per call',
    before: 15,
    budget: 3,
    ceiling: 2,
  },
  'fetchJson.calls': { what: `${JSON_BODY}: function entries`, unit: 'per call', ceiling: 186 },
  'fetchJson.files': { what: `${JSON_BODY}: source files`, unit: 'per call', ceiling: 40 },
  'fetchJson.clock': { what: `${JSON_BODY}: clock reads`, unit: 'per call', ceiling: 5 },
  'fetchJson.promises': { what: `${JSON_BODY}: promises beyond the client’s`, unit: 'per call', ceiling: 3 },
  'fetchLimited.calls': { what: `${LIMITED}: function entries`, unit: 'per call', ceiling: 161 },
  'fetchLimited.files': { what: `${LIMITED}: source files`, unit: 'per call', ceiling: 39 },
  'fetchLimited.clock': { what: `${LIMITED}: clock reads`, unit: 'per call', ceiling: 4 },
  'fetchLimited.promises': { what: `${LIMITED}: promises beyond the client’s`, unit: 'per call', ceiling: 4 },
  'axios.calls': { what: 'axios: function entries', unit: 'per call', ceiling: 200 },
  'axios.files': { what: 'axios: source files', unit: 'per call', ceiling: 51 },
  'axios.clock': { what: 'axios: clock reads', unit: 'per call', ceiling: 4 },
  'axios.promises': { what: 'axios: promises beyond the client’s', unit: 'per call', ceiling: 6 },
  'got.calls': { what: 'got: function entries', unit: 'per call', ceiling: 208 },
  'got.files': { what: 'got: source files', unit: 'per call', ceiling: 41 },
  'got.clock': { what: 'got: clock reads', unit: 'per call', ceiling: 6 },
  'got.promises': { what: 'got: promises beyond the client’s', unit: 'per call', ceiling: 3 },
  'undici.calls': { what: `${UNDICI}: function entries`, unit: 'per call', ceiling: 193 },
  'undici.files': { what: `${UNDICI}: source files`, unit: 'per call', ceiling: 41 },
  'undici.clock': { what: `${UNDICI}: clock reads`, unit: 'per call', ceiling: 7 },
  'undici.promises': { what: `${UNDICI}: promises beyond the client’s`, unit: 'per call', ceiling: 0 },
  'fetch.bytes': {
    what: `${NO_BODY}: own allocation`,
    unit: 'bytes per call',
    before: 5_500,
    budget: 1_800,
    ceiling: 3_142,
  },
  'fetchJson.bytes': {
    what: `${JSON_BODY}: own allocation`,
    unit: 'bytes per call',
    before: 5_600,
    budget: 2_000,
    ceiling: 5_973,
  },
  'axios.bytes': {
    what: 'axios: own allocation',
    unit: 'bytes per call',
    before: 6_400,
    budget: 2_500,
    ceiling: 7_037,
  },
  'got.bytes': { what: 'got: own allocation', unit: 'bytes per call', ceiling: 7_179 },
  'undici.bytes': {
    what: `${UNDICI}: own allocation`,
    unit: 'bytes per call',
    before: 2_300,
    budget: 1_000,
    ceiling: 2_362,
  },
  'held.call': { what: 'fetch: held per call under way', unit: 'bytes', before: 3_700, budget: 1_200, ceiling: 1_738 },
  'held.origin': { what: 'fetch: held per origin', unit: 'bytes', before: 1_350, budget: 700, ceiling: 1_449 },
  'core.size': { what: 'CircuitBreaker: min+gzip', unit: 'bytes', before: 13_900, budget: 6_000, ceiling: 14_997 },
  'fetch.size': { what: 'createFetch: min+gzip', unit: 'bytes', before: 45_000, budget: 16_000, ceiling: 43_805 },
  'axios.size': { what: 'attachBreaker: min+gzip', unit: 'bytes', ceiling: 45_554 },
  'got.size': { what: 'breakerHooks: min+gzip', unit: 'bytes', ceiling: 46_230 },
  'undici.size': { what: 'breakerInterceptor: min+gzip', unit: 'bytes', ceiling: 45_376 },
  'http.size': { what: 'everything of http: min+gzip', unit: 'bytes', ceiling: 44_369 },
  'ky.size': { what: 'ky, for comparison: min+gzip', unit: 'bytes', before: 8_900 },
  'cockatiel.size': { what: 'cockatiel, breaker and retry, for comparison: min+gzip', unit: 'bytes', before: 3_800 },
  'cycles.value': { what: 'groups of files that import each other', unit: 'groups', before: 0, budget: 0, ceiling: 0 },
  'cycles.type': { what: 'the same, with imports of types', unit: 'groups', before: 5, budget: 0, ceiling: 2 },
  'functions.p90': { what: 'function length, 90th percentile', unit: 'lines', before: 9, budget: 20, ceiling: 11 },
  'functions.longest': { what: 'longest function', unit: 'lines', before: 27, budget: 50, ceiling: 52 },
} as const satisfies Record<string, Ceiling>;

export type CountId = keyof typeof CEILINGS;
