/** Most rows that a server answers with by default; more is a 422. */
export const PAGE = 200

/** What the `…/paginate` routes answer. */
type Page<T> = { readonly results: readonly T[]; readonly pages: number }

/** All rows, each once: one created meanwhile shifts the pages. A last page that is full needs no further request. */
export async function allPages<T extends { readonly id: string }>(read: (page: number) => Promise<Page<T>>): Promise<T[]> {
  const found = new Map<string, T>()
  for (let page = 1, last = 1; page <= last; page++) {
    const { results, pages } = await read(page)
    for (const row of results) found.set(row.id, row)
    last = pages
  }
  return [...found.values()]
}

/** As {@link allPages}, of the `…/filter` routes: a page that is not full is the last. */
export async function allRows<T extends { readonly id: string }>(read: (limit: number, offset: number) => Promise<readonly T[]>): Promise<T[]> {
  const found = new Map<string, T>()
  for (let offset = 0, isFull = true; isFull; offset += PAGE) {
    const rows = await read(PAGE, offset)
    for (const row of rows) found.set(row.id, row)
    isFull = rows.length === PAGE
  }
  return [...found.values()]
}

/** Asks for as many keys at once as fit on a page of the answer; every key names one row. */
export async function inPages<T>(keys: readonly string[], read: (page: string[]) => Promise<T[]>): Promise<T[]> {
  const pages = Array.from({ length: Math.ceil(keys.length / PAGE) }, (_, page) => keys.slice(page * PAGE, (page + 1) * PAGE))
  return (await Promise.all(pages.map(read))).flat()
}
