import { error as sharedErrors } from '@zhangyin/shared/i18n/zh-CN.json'
import { createI18n } from 'vue-i18n'
import zhCN from './words/zh-CN.json'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

/** The customers' words for failures hold here too, except where the staff need others. */
const chinese = { ...zhCN, error: { ...sharedErrors, ...zhCN.error } }

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN' as Locale,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': chinese } as Record<Locale, typeof chinese>,
  missingWarn: false,
  fallbackWarn: false,
})

export async function useLocale(locale: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale)) {
    const [{ default: words }, { error }] = await Promise.all([
      import('./words/en.json'),
      import('@zhangyin/shared/i18n/en.json'),
    ])
    i18n.global.setLocaleMessage(locale, { ...words, error: { ...error, ...words.error } })
  }
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
}

/** The word for a code of the server, or the code itself when there is none. */
export function wordFor(group: string, code: string): string {
  const { t, te } = i18n.global
  const key = `${group}.${code.replace(/\./g, '_')}`
  return code !== '' && te(key) ? t(key) : code
}
