import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { LOCALES, useLocale, type Locale } from '@/i18n'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'zy-prefs'

interface Kept {
  locale: Locale
  theme: Theme
  hideAmounts: boolean
  /** a gesture is set here: the login page offers it; what it is stays with the bank */
  quickLogin: boolean
  /** a passkey works here: the login page offers it */
  passkeyLogin: boolean
}

function oneOf<T extends string>(values: readonly T[], value: unknown, otherwise: T): T {
  return values.includes(value as T) ? (value as T) : otherwise
}

function readKept(): Kept {
  let kept: Partial<Kept> = {}
  try {
    kept = (JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {}) as Partial<Kept>
  } catch {
    localStorage.removeItem(KEY)
  }
  return {
    locale: oneOf(LOCALES, kept.locale, 'zh-CN'),
    theme: oneOf(THEMES, kept.theme, 'system'),
    hideAmounts: kept.hideAmounts === true,
    quickLogin: kept.quickLogin === true,
    passkeyLogin: kept.passkeyLogin === true,
  }
}

const systemDark = window.matchMedia?.('(prefers-color-scheme: dark)')

function applyTheme(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && systemDark?.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

/** Choices of this device that are no secret. */
export const usePrefs = defineStore('prefs', () => {
  const kept = readKept()
  const locale = ref(kept.locale)
  const theme = ref(kept.theme)
  const hideAmounts = ref(kept.hideAmounts)
  const quickLogin = ref(kept.quickLogin)
  const passkeyLogin = ref(kept.passkeyLogin)

  applyTheme(theme.value)
  systemDark?.addEventListener('change', () => applyTheme(theme.value))
  watch(theme, applyTheme)
  watch(locale, (to) => void useLocale(to))
  watch([locale, theme, hideAmounts, quickLogin, passkeyLogin], () => {
    const value: Kept = {
      locale: locale.value, theme: theme.value, hideAmounts: hideAmounts.value, quickLogin: quickLogin.value, passkeyLogin: passkeyLogin.value,
    }
    localStorage.setItem(KEY, JSON.stringify(value))
  })

  return { locale, theme, hideAmounts, quickLogin, passkeyLogin }
})
