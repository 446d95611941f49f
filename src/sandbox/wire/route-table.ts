import { percentDecode } from './form-params.js';

export type PathParams = Readonly<Record<string, string>>;

export interface Route<Handler> {
  method: string;
  /** `/a/:name/b.json`; a parameter takes one segment, up to the suffix that follows it. */
  path: string;
  handler: Handler;
}

export interface RouteMatch<Handler> {
  handler: Handler;
  params: PathParams;
}

/** Finds the first route that fits; routes are tried in the order given. */
export class RouteTable<Handler> {
  private readonly compiled: readonly { method: string; pattern: RegExp; handler: Handler }[];

  constructor(routes: readonly Route<Handler>[]) {
    this.compiled = routes.map(({ method, path, handler }) => ({ method, pattern: compile(path), handler }));
  }

  find(method: string, path: string): RouteMatch<Handler> | null {
    for (const route of this.compiled) {
      const match = route.method === method ? route.pattern.exec(path) : null;
      if (match !== null) return { handler: route.handler, params: decodeGroups(match.groups ?? {}) };
    }
    return null;
  }

  hasPath(path: string): boolean {
    return this.compiled.some((route) => route.pattern.test(path));
  }
}

function compile(path: string): RegExp {
  const source = path.replace(/[.]/g, '\\.').replace(/:([a-zA-Z]+)/g, '(?<$1>[^/]+?)');
  return new RegExp(`^${source}$`);
}

function decodeGroups(groups: Record<string, string>): PathParams {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, percentDecode(value)]));
}
