import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { LOCALES, useLocale, type Locale } from '@/i18n'

export const THEMES = ['light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'zy-console-prefs'

interface Kept {
  locale: Locale
  theme: Theme
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
  const dark = window.matchMedia?.('(prefers-color-scheme: dark)').matches
  return { locale: oneOf(LOCALES, kept.locale, 'zh-CN'), theme: oneOf(THEMES, kept.theme, dark ? 'dark' : 'light') }
}

/** Choices of this browser that are no secret. */
export const usePrefs = defineStore('prefs', () => {
  const kept = readKept()
  const locale = ref(kept.locale)
  const theme = ref(kept.theme)
  const apply = (to: Theme): void => void (document.documentElement.dataset.theme = to)

  apply(theme.value)
  watch(theme, apply)
  watch(locale, (to) => void useLocale(to))
  watch([locale, theme], () => {
    localStorage.setItem(KEY, JSON.stringify({ locale: locale.value, theme: theme.value } satisfies Kept))
  })

  return { locale, theme }
})
