/** Under the programs of the documentation: api.example.com answers from this process, and nothing else leaves it. */

const real = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.hostname === 'api.example.com') return Response.json([{ path: url.pathname }]);
  if (!/^(localhost|127\.0\.0\.1)$/.test(url.hostname))
    throw new Error(`the documentation must not call ${url.hostname}`);
  return real(input, init);
};
