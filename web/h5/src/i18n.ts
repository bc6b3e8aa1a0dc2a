import zhCN from '@zhangyin/shared/i18n/zh-CN.json'
import { createI18n } from 'vue-i18n'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN' as Locale,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN } as Record<Locale, typeof zhCN>,
  missingWarn: false,
  fallbackWarn: false,
})

export async function useLocale(locale: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale)) {
    const { default: messages } = await import('@zhangyin/shared/i18n/en.json')
    i18n.global.setLocaleMessage(locale, messages)
  }
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
}
