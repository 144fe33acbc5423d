/** Whether the end of a body is known from the message itself. */

/**
 * False for one that ends where its connection ends, so that a body that was cut would be taken for whole: HTTP/1 without
 * a length or chunks (RFC 9112 section 6.3).
 *
 * @param names Of the headers as they came over the wire, in any case.
 * @param httpMajor The major version of HTTP. @default 1, where it is not known
 */
export function isDelimited(names: Iterable<string>, httpMajor = 1): boolean {
  return httpMajor >= 2 || [...names].some(name => /^(content-length|transfer-encoding)$/i.test(name));
}
