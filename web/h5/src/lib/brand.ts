/** Name and words of the institution, in the customer's language. */
import { computed, ref } from 'vue'
import { i18n } from '@/i18n'
import { appConfig, type Brand } from './config'

const kept = ref<Brand>({ name: '' })
export const isDemo = ref(false)

export async function loadBrand(): Promise<void> {
  const config = await appConfig().catch(() => null)
  if (config === null) return
  kept.value = config.brand
  isDemo.value = config.demo
}

export const brand = computed(() => {
  const { t, locale } = i18n.global
  const en = locale.value === 'en'
  const { name, name_en, slogan, slogan_en, hotline } = kept.value
  const shown = (en ? name_en : undefined) ?? name
  return {
    name: shown,
    slogan: (en ? slogan_en : slogan) ?? t('brand.slogan'),
    hotline: hotline ?? '',
    title: shown || t('brand.app'),
  }
})
