import { expect, it } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
it('x', async () => { const s = connectSandbox(); expect((await s.aws.state()).services).toHaveLength(1); expect(await s.prefect.journal()).toEqual([]) })
