/**
 * What the security centre looks at. Each check says how a thing stands and where it is mended; another one is another
 * entry. The score is the share of the weights that are well.
 */
import type { DeviceRow, SessionRow, TokenState } from '@zhangyin/shared/api'
import { call } from '@/lib/bank'

export interface SecurityFacts {
  devices: DeviceRow[]
  sessions: SessionRow[]
  token: TokenState
  environment: 'safe' | 'warn' | 'limit'
}

export interface SecurityCheck {
  key: string
  weight: number
  to: string
  good: (facts: SecurityFacts) => boolean
}

const here = (facts: SecurityFacts) => facts.devices.find((d) => d.current)

export const CHECKS: readonly SecurityCheck[] = [
  { key: 'device', weight: 30, to: '/device', good: (f) => here(f)?.state === 'bound' },
  { key: 'gesture', weight: 15, to: '/gesture', good: (f) => here(f)?.gesture === true },
  { key: 'environment', weight: 25, to: '/device', good: (f) => f.environment === 'safe' },
  { key: 'sessions', weight: 15, to: '/sessions', good: (f) => f.sessions.every((s) => s.current || s.state === 'ended') },
  { key: 'token', weight: 15, to: '/token', good: (f) => f.token.state === 'active' },
]

export interface SecurityFinding {
  key: string
  to: string
  good: boolean
}

export function judge(facts: SecurityFacts): { score: number; findings: SecurityFinding[] } {
  const findings = CHECKS.map(({ key, to, good }) => ({ key, to, good: good(facts) }))
  const all = CHECKS.reduce((sum, c) => sum + c.weight, 0)
  const well = CHECKS.reduce((sum, c, i) => sum + (findings[i]!.good ? c.weight : 0), 0)
  return { score: Math.round((well / all) * 100), findings }
}

export async function securityFacts(environment: SecurityFacts['environment']): Promise<SecurityFacts> {
  const [{ devices }, { sessions }, token] = await Promise.all([
    call('device.list', {}),
    call('session.list', {}),
    call('token.get', {}),
  ])
  return { devices, sessions, token, environment }
}
