/** When all have ended. @throws what the first that failed says */
export async function settleAll<All extends readonly Promise<unknown>[] | []>(all: All): Promise<{ -readonly [N in keyof All]: Awaited<All[N]> }> {
  await Promise.allSettled(all);
  return Promise.all(all);
}
