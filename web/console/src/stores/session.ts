import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { ApiError, client } from '@/lib/api'
import { mayAny } from '@/lib/menu'
import { office, type Staff } from '@/lib/office'

export type EndReason = 'idle' | 'lost' | 'changed'

/** Who works here. The page holds the token against forgery in memory only; the session itself is the cookie's. */
export const useSession = defineStore('session', () => {
  const staff = shallowRef<Staff | null>(null)
  const ended = ref<EndReason | null>(null)
  /** The session lapsed under an open page: the page waits, covered, until the same person logs in again. */
  const lapsed = ref(false)
  const answeredAt = ref(0)
  let waiting: ((again: boolean) => void)[] = []

  const loggedIn = computed(() => staff.value !== null)
  /** A first or an old password opens nothing but the way to one's own. */
  const ready = computed(() => staff.value?.stage === 'ready')
  const id = computed(() => staff.value?.staff_id ?? '')
  const may = (permission: string): boolean => mayAny(staff.value?.permissions ?? [], [permission])

  function take(who: Staff): void {
    client.setCsrf(who.csrf)
    staff.value = who
    ended.value = null
    answeredAt.value = Date.now()
  }

  function clear(reason: EndReason | null = null): void {
    client.setCsrf('')
    staff.value = null
    ended.value = reason
    settle(false)
  }

  function settle(again: boolean): void {
    lapsed.value = false
    for (const resolve of waiting.splice(0)) resolve(again)
  }

  /** The page of one person must not go on in the name of another. */
  function samePerson(who: Staff): boolean {
    return staff.value === null || staff.value.user === who.user
  }

  async function login(user: string, password: string, code: string): Promise<void> {
    const who = await office.login(user, password, code)
    const same = samePerson(who)
    if (!same) clear()
    take(who)
    settle(same)
  }

  /** A reload finds the session that the cookie holds. */
  async function restore(): Promise<boolean> {
    try {
      take(await office.session())
      return true
    } catch (e) {
      if (e instanceof ApiError && ['LOGIN_REQUIRED', 'CSRF_BAD'].includes(e.code)) return false
      throw e
    }
  }

  async function renew(): Promise<boolean> {
    try {
      const who = await office.session()
      if (!samePerson(who)) return false
      take(who)
      return true
    } catch (e) {
      if (e instanceof ApiError && e.code === 'LOGIN_REQUIRED') lapsed.value = staff.value !== null
      return false
    }
  }

  function relogin(): Promise<boolean> {
    if (staff.value === null) return Promise.resolve(false)
    lapsed.value = true
    return new Promise((resolve) => waiting.push(resolve))
  }

  async function logout(reason: EndReason | null = null): Promise<void> {
    await office.logout().catch(() => undefined)
    clear(reason)
  }

  client.use({ relogin, renew, answered: () => (answeredAt.value = Date.now()) })

  return { staff, id, loggedIn, ready, ended, lapsed, answeredAt, may, login, logout, restore, clear, renew }
})
