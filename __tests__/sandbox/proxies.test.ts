import { afterEach, describe, expect, it } from '@jest/globals'
import { startCloudProxy } from '../../sandbox/cloud-proxy.ts'
import { json, serve } from '../../sandbox/http-server.ts'
import { isPrefectWrite, startPrefectRecorder } from '../../sandbox/prefect-recorder.ts'
import { createProxyControl } from '../../sandbox/recording-proxy.ts'

const started: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const part of started.splice(0).toReversed()) await part.stop()
})

describe('the recorder', () => {
  it('passes requests on and writes them down', async () => {
    const { recorder, control } = await startRecorder()

    const answer = await fetch(`${recorder.apiUrl}/deployments/filter?x=1`, { method: 'POST', body: '{"limit":200}' })

    expect(await answer.json()).toEqual({ method: 'POST', path: '/api/deployments/filter?x=1', body: '{"limit":200}' })
    expect(await control.journal()).toMatchObject([{ method: 'POST', path: '/api/deployments/filter?x=1', body: { limit: 200 }, status: 200 }])
  })

  it('starts a new journal when the old one is cleared', async () => {
    const { recorder, control } = await startRecorder()
    await fetch(`${recorder.apiUrl}/one`)

    await control.clearJournal()
    await fetch(`${recorder.apiUrl}/two`)

    expect((await control.journal()).map(({ path }) => path)).toEqual(['/api/two'])
  })

  it('makes exactly the requests fail that a fault is about', async () => {
    const { recorder, control } = await startRecorder()
    await control.fault({ method: 'PATCH', path: '^/api/deployments/', from: 2, times: 2, status: 503, headers: { 'retry-after': '1' }, body: 'busy' })

    const statuses = []
    for (const method of ['PATCH', 'GET', 'PATCH', 'PATCH', 'PATCH']) statuses.push((await fetch(`${recorder.apiUrl}/deployments/1`, { method })).status)

    expect(statuses).toEqual([200, 200, 503, 503, 200])
  })

  it('cuts the connection before the server has seen the request, or after', async () => {
    const { recorder, control, served } = await startRecorder()
    await control.fault({ path: '/lost-request', reset: true })
    await control.fault({ path: '/lost-answer', reset: true, answerOnly: true })

    await expect(fetch(`${recorder.apiUrl}/lost-request`)).rejects.toThrow('fetch failed')
    await expect(fetch(`${recorder.apiUrl}/lost-answer`)).rejects.toThrow('fetch failed')

    expect(served).toEqual(['/api/lost-answer'])
    expect((await control.journal()).map(({ path, status }) => [path, status])).toEqual([['/api/lost-request', undefined], ['/api/lost-answer', undefined]])
  })

  it('counts writes only, when a fault is about them', async () => {
    const { recorder, control } = await startRecorder()
    await control.fault({ write: true, from: 2, status: 500 })

    const statuses = []
    for (const path of ['/deployments/filter', '/deployments/', '/flows/filter', '/flows/', '/flows/']) {
      statuses.push((await fetch(`${recorder.apiUrl}${path}`, { method: 'POST' })).status)
    }

    expect(statuses).toEqual([200, 200, 200, 500, 200])
  })

  it.each([
    ['before the server has seen it', false, []],
    ['after the server has done what it asks', true, ['/api/held']],
  ])('holds a request %s until the faults are cleared', async (_, answerOnly, expected) => {
    const { recorder, control, served } = await startRecorder()
    await control.fault({ path: '/held', hold: true, answerOnly })
    const request = fetch(`${recorder.apiUrl}/held`)

    await control.held()
    expect(served).toEqual(expected)
    await control.clearFaults()

    await expect(request).rejects.toThrow('fetch failed')
    expect(served).toEqual(expected)
  })

  it.each([
    ['GET', '/api/deployments/1', false],
    ['POST', '/api/deployments/filter', false],
    ['POST', '/api/deployments/paginate', false],
    ['POST', '/api/flow_runs/count', false],
    ['POST', '/api/work_pools/ecs/workers/filter', false],
    ['POST', '/api/deployments/', true],
    ['POST', '/api/deployments/1/schedule', true],
    ['PATCH', '/api/deployments/filter', true],
    ['DELETE', '/api/automations/1', true],
  ])('takes %s %s for a write: %s', (method, path, isWrite) => {
    expect(isPrefectWrite({ method, path })).toBe(isWrite)
  })
})

describe('the Cloud workspace', () => {
  it('needs its key, its path, and hides it from the server', async () => {
    const { recorder, served } = await startRecorder()
    const cloud = await startCloudProxy(recorder)
    started.push(cloud)
    const get = async (url: string, key = cloud.apiKey) => (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status

    expect(await get(`${cloud.apiUrl}/flows/filter`)).toBe(200)
    expect(await get(`${cloud.apiUrl}/flows/filter`, 'pnu_wrong')).toBe(401)
    expect(await get(`${cloud.apiUrl}x/flows/filter`)).toBe(404)
    expect(await get(`${cloud.apiUrl}/admin/version`)).toBe(404)
    expect(await get(`${cloud.apiUrl}/csrf-token?client=1`)).toBe(404)

    expect(served).toEqual(['/api/flows/filter'])
  })

  it('keeps service level agreements, which the server does not have, by their names', async () => {
    const { recorder, served } = await startRecorder()
    const cloud = await startCloudProxy(recorder)
    started.push(cloud)
    const resource = 'prefect.deployment.d1'
    const apply = async (slas: readonly Record<string, unknown>[]) => {
      const headers = { authorization: `Bearer ${cloud.apiKey}` }
      const answer = await fetch(`${cloud.apiUrl}/slas/apply-resource-slas/${resource}`, { method: 'POST', headers, body: JSON.stringify(slas) })
      return { status: answer.status, body: await answer.json() }
    }
    const sla = (name: string) => ({ name, within: 600, owner_resource: resource })

    expect(await apply([sla('a'), sla('b')])).toMatchObject({ status: 200, body: { created: [{ name: 'a' }, { name: 'b' }], updated: [], deleted: [] } })
    expect(await apply([sla('b'), sla('c')])).toMatchObject({ body: { created: [{ name: 'c' }], updated: [{ name: 'b' }], deleted: [{ name: 'a' }] } })
    expect((await apply([{ name: 'x', within: 600 }])).status).toBe(422)

    expect(cloud.slas.of('d1').map(({ name }) => name)).toEqual(['b', 'c'])
    expect(served).toEqual([])
  })
})

/** A recorder in front of a server that repeats what it is sent. */
async function startRecorder() {
  const served: string[] = []
  const server = await serve(({ method, path, body }) => {
    served.push(path)
    return Promise.resolve(json(200, { method, path, body: body.toString() }))
  })
  const recorder = await startPrefectRecorder({ apiUrl: `${server.url}/api` })
  started.push(server, recorder)
  return { recorder, control: createProxyControl(recorder.url), served }
}
