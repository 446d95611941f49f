/** When all have ended. @throws what the first that failed says */
export async function settleAll<Result>(all: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}
