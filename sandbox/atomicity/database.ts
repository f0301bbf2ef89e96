/**
 * The database of a running Prefect server, put back to an earlier moment: hundreds of trials start from the very same
 * state, ids included, within milliseconds each. The server keeps nothing of a workspace in memory but the triggers that
 * wait for events.
 */
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { PrefectServer } from '../prefect.ts'

/** How long a statement waits while the server writes. */
const PATIENCE_MILLISECONDS = 10_000

/** @returns what puts back all that the server holds now. */
export function saveDatabase({ home }: Pick<PrefectServer, 'home'>): () => void {
  const file = join(home, 'prefect.db')
  const saved = join(home, `saved-${Date.now()}.db`)
  withDatabase(file, (database) => { database.prepare('VACUUM INTO ?').run(saved) })
  return () => {
    withDatabase(file, (database) => {
      database.prepare('ATTACH ? AS saved').run(saved)
      database.exec('BEGIN IMMEDIATE')
      for (const table of tablesOf(database)) database.exec(`DELETE FROM main."${table}"; INSERT INTO main."${table}" SELECT * FROM saved."${table}"`)
      database.exec('COMMIT')
    })
  }
}

function tablesOf(database: DatabaseSync): string[] {
  const rows = database.prepare("SELECT name FROM saved.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all()
  return rows.map(({ name }) => String(name))
}

/** Closing it rolls back what was not committed. */
function withDatabase(file: string, work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: PATIENCE_MILLISECONDS })
  try {
    work(database)
  } finally {
    database.close()
  }
}
