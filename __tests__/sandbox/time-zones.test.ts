import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createScratch } from '../../__fixtures__/scratch.ts'
import { venv } from '../../sandbox/paths.ts'

/** Prints the names, and the shortest of ten times that a schedule of Prefect's server takes to be made, in milliseconds. */
const PROGRAM = `
import json, time, zoneinfo
from prefect.server.schemas.schedules import CronSchedule
def measure():
    start = time.perf_counter()
    CronSchedule(cron="0 3 * * *", timezone="Europe/Berlin")
    return (time.perf_counter() - start) * 1000
print(json.dumps({"names": sorted(zoneinfo.available_timezones()), "milliseconds": min(measure() for _ in range(10))}))`

type Zones = { readonly names: readonly string[]; readonly milliseconds: number }

function zonesWith(environment: Readonly<Record<string, string>>): Zones {
  const env = { HOME: createScratch('time-zones'), DO_NOT_TRACK: '1', ...environment }
  return JSON.parse(execFileSync(join(venv, 'bin/python'), ['-c', PROGRAM], { env, encoding: 'utf8' })) as Zones
}

describe('the time zones that Prefect takes', () => {
  it('are the same with PYTHONTZPATH empty, and a schedule is read many times as fast', () => {
    const [disk, inPackage] = [zonesWith({}), zonesWith({ PYTHONTZPATH: '' })]

    expect(disk.names.filter((name) => !inPackage.names.includes(name) && name !== 'localtime')).toEqual([])
    expect(disk.milliseconds / inPackage.milliseconds).toBeGreaterThan(3) // 20 on an idle machine
  })
})
