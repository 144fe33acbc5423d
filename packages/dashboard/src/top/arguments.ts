/** What stands on the command line. */

import { parseArgs } from 'node:util';
import { MAX_LIMIT, ORDERS, VIEW_DEFAULTS, type View, viewOf } from '../view.ts';
import { printable } from './text.ts';

export interface TopArguments {
  /** The dashboard's, without a user, a password or a view. */
  readonly url: URL;
  /** What its server wants to see with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly view: View;
  readonly once: boolean;
  readonly json: boolean;
  /** Silence after which the server counts as dead. */
  readonly silenceMs: number;
}

/** The command line is wrong; the message is one line that names the argument and its value. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = 'usage: cutout-dashboard top URL [options]   (--help tells of them)';

export const HELP: string = `usage: cutout-dashboard top URL [options]

Shows the dashboard at URL, which is the address of its page, in a terminal. Its query is kept, a user and a password
(https://user:password@host/) are sent as they should be. Without a terminal it prints one snapshot and ends.

  --once             print one snapshot and end
  --json             print one snapshot as JSON and end
  --filter TEXT      circuits whose key or policy has TEXT in it
  --sort NAME        ${Object.keys(ORDERS).join(', ')}
                     (${VIEW_DEFAULTS.sort} unless told otherwise)
  --reversed         the last ones first
  --limit N          rows at most, from 1 to ${MAX_LIMIT} (${VIEW_DEFAULTS.limit} unless told otherwise)
  --timeout SECONDS  of silence after which the server counts as dead (5 unless told otherwise)
  --help

Keys: q, Escape and Ctrl-C end it; s is for the next order, r reverses it; / edits the filter, Enter keeps it, Escape
clears it. NO_COLOR=1 takes the colours away.
Ends with 0; with 1 if there is no dashboard at URL; with 2 if the command line is wrong.
`;

const OPTIONS = {
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  filter: { type: 'string' },
  sort: { type: 'string' },
  reversed: { type: 'boolean' },
  limit: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = keyof typeof OPTIONS;
type Given = Partial<Record<OptionName, string>>;

const DEFAULT_TIMEOUT_S = 5;
const MAX_TIMEOUT_S = 3_600;

/** Reads the arguments after the program's name. @throws UsageError */
export function parseArguments(args: readonly string[]): TopArguments | 'help' {
  const { given, words } = read(args);
  if (given.help !== undefined) return 'help';
  const [command, address, surplus] = words;
  if (command === undefined) throw new UsageError('a command is missing: top');
  if (command !== 'top') throw new UsageError(`unknown command ${quoted(command)}, expected top`);
  if (surplus !== undefined) throw new UsageError(`one URL is expected, got ${quoted(surplus)} besides`);
  const asked = readUrl(address);
  return {
    url: withoutView(asked),
    headers: credentialsOf(asked),
    view: readView(asked, given),
    once: given.once !== undefined,
    json: given.json !== undefined,
    silenceMs: readTimeout(given.timeout),
  };
}

function read(args: readonly string[]): { given: Given; words: string[] } {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given: Given = {};
  for (const token of tokens) if (token.kind === 'option') given[knownOption(token)] = token.value ?? '';
  return { given, words: positionals };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** Node's own words for these mistakes are long, and some leave out the value. */
function knownOption({ name, rawName, value, inlineValue }: OptionToken): OptionName {
  if (!isOption(name)) throw new UsageError(`unknown option ${printable(rawName)}`);
  const takesValue = OPTIONS[name].type === 'string';
  if (takesValue && value === undefined) throw new UsageError(`${rawName} needs a value`);
  if (!takesValue && value !== undefined) throw new UsageError(`${rawName} takes no value, got ${quoted(value)}`);
  if (takesValue && !inlineValue && value?.startsWith('--'))
    throw new UsageError(`${rawName} needs a value, got the option ${quoted(value)}`);
  return name;
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function readUrl(address: string | undefined): URL {
  if (address === undefined) throw new UsageError('URL is missing');
  const url = URL.parse(address);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new UsageError(`URL must be an http or https address, got ${quoted(withoutPassword(address))}`);
}

/** A mistyped address, too, must not carry its password to a log. */
function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/]*@/, '//');
}

/** The page keeps its view behind the # of its address, the server takes one from the query: this begins with that. */
function readView({ search, hash }: URL, given: Given): View {
  const asked = new URLSearchParams(`${hash.slice(1)}&${search.slice(1)}`);
  for (const name of VIEW_PARAMETERS) if (given[name] !== undefined) asked.set(name, given[name]);
  try {
    return viewOf(asked);
  } catch (error) {
    const message = (error as Error).message;
    const option = VIEW_PARAMETERS.find(name => given[name] !== undefined && message.startsWith(`${name} `));
    throw new UsageError(printable(option ? `--${message}` : `URL: ${message}`));
  }
}

const VIEW_PARAMETERS = ['filter', 'sort', 'reversed', 'limit'] as const;

function withoutView(asked: URL): URL {
  const url = new URL(asked);
  url.username = '';
  url.password = '';
  url.hash = '';
  for (const name of [...VIEW_PARAMETERS, 'format', 'id']) url.searchParams.delete(name);
  return url;
}

/** As RFC 7617 has it. `fetch` refuses an address that has them in it. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A lone % is allowed in an address, and stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function readTimeout(value = String(DEFAULT_TIMEOUT_S)): number {
  const seconds = Number(value);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_S) return seconds * 1_000;
  throw new UsageError(`--timeout must be a number of seconds up to ${MAX_TIMEOUT_S}, got ${quoted(value)}`);
}

function quoted(value: string): string {
  return printable(JSON.stringify(value));
}
