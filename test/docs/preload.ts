/** Preloaded for programs in documents: answers for api.example.com in this process, and blocks other hosts. */

const real = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.hostname === 'api.example.com') {
    const items = JSON.stringify([{ path: url.pathname }]);
    return new Response(items, {
      headers: { 'content-type': 'application/json', 'content-length': `${items.length}` },
    });
  }
  if (!/^(localhost|127\.0\.0\.1)$/.test(url.hostname))
    throw new Error(`the documentation must not call ${url.hostname}`);
  return real(input, init);
};
