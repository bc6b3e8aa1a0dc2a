/** The institution's name, as the door tells it. */
import { computed, ref } from 'vue'
import { i18n } from '@/i18n'

const name = ref('')
const nameEn = ref('')
export const isDemo = ref(false)

interface Wire {
  brand?: { name?: string; name_en?: string }
  demo?: boolean
}

/** Without an answer the console works on, nameless. */
export async function loadBrand(): Promise<void> {
  const answer = await fetch('/config.json', { cache: 'no-cache' }).catch(() => null)
  const wire = (answer?.ok ? await answer.json().catch(() => null) : null) as Wire | null
  name.value = wire?.brand?.name ?? ''
  nameEn.value = wire?.brand?.name_en ?? ''
  isDemo.value = wire?.demo === true
}

export const bankName = computed(() => (i18n.global.locale.value === 'en' && nameEn.value !== '' ? nameEn.value : name.value))
