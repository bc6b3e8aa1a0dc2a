/** The policy of factors as staff read and compose it. The server judges every combination again. */
import sharedZh from '@zhangyin/shared/i18n/zh-CN.json'
import { i18n } from '@/i18n'
import type { PolicyFactor, PolicyScene } from './office'

export const OPTIONS_MAX = 8
export type OptionFault = '' | 'none' | 'kinds' | 'biometric' | 'sent' | 'money' | 'login' | 'twice'

/** The customers' names of factors; in English the console's own spelling of the wire. */
export function factorWord(factor: string): string {
  const names = sharedZh.factor as Record<string, string>
  return i18n.global.locale.value === 'zh-CN' ? names[factor] ?? factor : factor.replace(/_/g, ' ')
}

export function optionText(option: string): string {
  return option.split('+').map(factorWord).join(' + ')
}

export function optionsOf(text: string): string[] {
  return text.split('|').filter((option) => option !== '')
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((f) => b.includes(f))

/** What the clauses do not allow of a combination; '' when nothing stands against it. */
export function optionFault(
  picked: readonly string[],
  scene: PolicyScene,
  factors: readonly PolicyFactor[],
  have: readonly string[],
): OptionFault {
  const chosen = factors.filter((f) => picked.includes(f.factor))
  if (chosen.length === 0) return 'none'
  if (chosen.every((f) => f.kind === 'inherence')) return 'biometric'
  if (chosen.every((f) => f.sent_last)) return 'sent'
  if (new Set(chosen.map((f) => f.kind)).size < scene.kinds) return 'kinds'
  if (scene.money && picked.includes('login_password')) return 'login'
  if (scene.money && chosen.every((f) => f.cap_fen === 0)) return 'money'
  return have.some((option) => same(option.split('+'), picked)) ? 'twice' : ''
}
