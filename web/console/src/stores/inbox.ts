import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { office } from '@/lib/office'
import { useSession } from './session'

/** How many requests wait. Asked when somebody moves about, never by a timer: that would keep an idle session alive. */
export const useInbox = defineStore('inbox', () => {
  const session = useSession()
  const waiting = ref(0)
  const more = ref(false)
  const shown = computed(() => (waiting.value === 0 ? '' : `${waiting.value}${more.value ? '+' : ''}`))

  function set(count: number, isMore: boolean): void {
    waiting.value = count
    more.value = isMore
  }

  async function refresh(): Promise<void> {
    if (!session.may('approval.view')) return set(0, false)
    const page = await office.approvals({ state: 'waiting' }).catch(() => null)
    if (page !== null) set(page.requests.length, (page.cursor ?? '') !== '')
  }

  return { shown, set, refresh }
})
