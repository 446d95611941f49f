/** The parts of a `multipart/form-data` body, whole in memory, by their names. Empty when it is none. */
export function parseMultipart(contentType: string, body: Buffer): Map<string, Buffer> {
  const parts = new Map<string, Buffer>();
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(contentType)?.[1];
  if (boundary === undefined) return parts;
  const delimiter = Buffer.from(`--${boundary}`);
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const next = body.indexOf(delimiter, at + delimiter.length);
    const headEnd = body.indexOf('\r\n\r\n', at);
    if (next < 0 || headEnd < 0 || headEnd > next) return parts;
    const name = /name="([^"]*)"/.exec(body.toString('latin1', at, headEnd))?.[1];
    if (name !== undefined) parts.set(name, body.subarray(headEnd + 4, next - 2));
    at = next;
  }
  return parts;
}
