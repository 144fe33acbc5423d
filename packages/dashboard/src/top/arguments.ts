/** The command line. */

import { parseArgs } from 'node:util';
import { MAX_LIMIT, ORDERS, VIEW_DEFAULTS, type View, viewOf } from '../view.ts';
import { printable } from './text.ts';

export interface TopArguments {
  /** The address of the dashboard, without user, password and view. */
  readonly url: URL;
  /** The headers of each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly view: View;
  readonly once: boolean;
  readonly json: boolean;
  /** Silence after which the server counts as dead. */
  readonly silenceMs: number;
}

/** The command line is invalid. The message is one line with the argument and its value. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = 'usage: cutout-dashboard top URL [options]   (--help lists them)';

export const HELP: string = `usage: cutout-dashboard top URL [options]

Shows the dashboard at URL, the address of its page, in a terminal. The query is kept; a user and a password
(https://user:password@host/) are sent as a header. Without a terminal it prints one snapshot and exits.

  --once             print one snapshot and exit
  --json             print one snapshot as JSON and exit
  --filter TEXT      only circuits whose key or policy contains TEXT
  --sort NAME        ${Object.keys(ORDERS).join(', ')}
                     (default: ${VIEW_DEFAULTS.sort})
  --reversed         reverse the order
  --limit N          maximum number of rows, from 1 to ${MAX_LIMIT} (default: ${VIEW_DEFAULTS.limit})
  --timeout SECONDS  silence after which the server counts as dead (default: 5)
  --help

Keys: q, Escape and Ctrl-C exit; s selects the next order, r reverses it; / edits the filter, Enter keeps it, Escape
clears it. NO_COLOR=1 disables colours.
Exit code: 0; 1 without a dashboard at URL; 2 for an invalid command line.
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
  const target = readUrl(address);
  return {
    url: withoutView(target),
    headers: credentialsOf(target),
    view: readView(target, given),
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

/** Node's own messages for these mistakes are long, and some leave out the value. */
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

/** Keeps the password of a mistyped address out of logs. */
function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/]*@/, '//');
}

/** Reads the view from the hash, where the page keeps it, and from the query, as the server does. */
function readView({ search, hash }: URL, given: Given): View {
  const query = new URLSearchParams(`${hash.slice(1)}&${search.slice(1)}`);
  for (const name of VIEW_PARAMETERS) if (given[name] !== undefined) query.set(name, given[name]);
  try {
    return viewOf(query);
  } catch (error) {
    const message = (error as Error).message;
    const option = VIEW_PARAMETERS.find(name => given[name] !== undefined && message.startsWith(`${name} `));
    throw new UsageError(printable(option ? `--${message}` : `URL: ${message}`));
  }
}

const VIEW_PARAMETERS = ['filter', 'sort', 'reversed', 'limit'] as const;

function withoutView(address: URL): URL {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.hash = '';
  for (const name of [...VIEW_PARAMETERS, 'format', 'id']) url.searchParams.delete(name);
  return url;
}

/** Basic credentials (RFC 7617). `fetch` refuses an address that contains them. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A lone % is valid in an address, and stands for itself. */
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
