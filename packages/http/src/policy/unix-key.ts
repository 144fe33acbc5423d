/** The key of a unix socket: `http+unix://` and the path, escaped as one segment of a URL. */

const UNIX_KEY = /^(https?|wss?)\+unix:\/\/([^/?#]+)\/?$/i;
/** Half of a character, which no URL can carry. */
const LONE_SURROGATES = /\p{Cs}/gu;

/** `origin`: of the request's URL, for its scheme. */
export function unixKey(origin: string, socketPath: string): string {
  const scheme = origin.slice(0, origin.indexOf(':'));
  return `${scheme}+unix://${encodeURIComponent(socketPath.replace(LONE_SURROGATES, '\ufffd'))}`;
}

/** The same key where it was written by hand, with other escapes or a slash at its end; undefined for anything else. */
export function unixKeyIn(text: string): string | undefined {
  const [, scheme = '', path] = UNIX_KEY.exec(text) ?? [];
  const socketPath = path === undefined ? undefined : socketPathIn(path);
  return socketPath === undefined ? undefined : unixKey(`${scheme.toLowerCase()}:`, socketPath);
}

/** The path of the socket that a key names; undefined for any other key. */
export function socketPathOf(key: string): string | undefined {
  const [, , path] = UNIX_KEY.exec(key) ?? [];
  return path === undefined ? undefined : socketPathIn(path);
}

function socketPathIn(escaped: string): string | undefined {
  try {
    return decodeURIComponent(escaped);
  } catch {
    // A percent sign that escapes nothing.
    return undefined;
  }
}
