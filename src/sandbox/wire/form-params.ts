/** Names and values in the order they came; a name may come twice. */
export type Params = readonly (readonly [name: string, value: string])[];

/** Reads a query string or a form body. A broken percent escape stays as it is. */
export function parseParams(text: string): Params {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? ([decode(pair), ''] as const)
        : ([decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))] as const);
    });
}

export function findParam(params: Params, name: string): string | null {
  return params.find(([candidate]) => candidate === name)?.[1] ?? null;
}

/** RFC 3986, which OAuth 1.0a asks for: everything but letters, digits and `-._~`. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A broken escape stays as it is. */
export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decode(text: string): string {
  return percentDecode(text.replaceAll('+', ' '));
}
