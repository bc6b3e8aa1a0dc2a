import { describe, expect, it } from 'vitest'
import { CHECKS, judge, type SecurityFacts } from '@/lib/security'

const device = { device_id: 'd1', name: 'A', os: 'B', first_at: 1, last_at: 2, current: true }
const poor: SecurityFacts = {
  devices: [{ ...device, state: 'new', gesture: false }],
  sessions: [{ state: 'active', at: 1, ended_reason: '', address: '', device: 'A', os: 'B', method: 'password', current: true }],
  token: { state: 'none' },
  environment: 'limit',
}
const rich: SecurityFacts = {
  ...poor,
  devices: [{ ...device, state: 'bound', gesture: true }],
  token: { state: 'active' },
  environment: 'safe',
}

describe('security centre', () => {
  it('gives full marks when all is well, and says what is not', () => {
    expect(judge(rich).score).toBe(100)
    const { score, findings } = judge(poor)
    expect(score).toBeLessThan(50)
    expect(findings.filter((f) => !f.good).map((f) => f.key)).toEqual(['device', 'gesture', 'environment', 'token'])
  })

  it('leads each finding to where it is mended', () => {
    for (const check of CHECKS) expect(check.to).toMatch(/^\//)
    expect(new Set(CHECKS.map((c) => c.key)).size).toBe(CHECKS.length)
  })
})
