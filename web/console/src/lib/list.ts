/** A paged list whose filters live in the address, so that it can be reloaded, bookmarked and handed on. */
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export interface Listed<Row> {
  rows: Row[]
  cursor: string
}

/** What a table needs of a list. */
export interface PagedList<Row> {
  rows: Ref<Row[]>
  cursor: Ref<string>
  loading: Ref<boolean>
  loadingMore: Ref<boolean>
  error: Ref<unknown>
  filtered: Ref<boolean>
  load: (more?: boolean) => Promise<void>
}

export function useList<Key extends string, Row>(
  keys: readonly Key[],
  fetchPage: (filter: Record<Key, string>, cursor: string) => Promise<Listed<Row>>,
  fallback: Partial<Record<Key, string>> = {},
) {
  const route = useRoute()
  const router = useRouter()
  const path = route.path
  const rows = shallowRef<Row[]>([])
  const cursor = ref('')
  const loading = ref(false)
  const loadingMore = ref(false)
  const error = shallowRef<unknown>(null)
  const form = reactive({}) as Record<Key, string>
  let turn = 0

  function inAddress(): Record<Key, string> {
    const filter = {} as Record<Key, string>
    for (const key of keys) {
      const value = route.query[key]
      filter[key] = typeof value === 'string' ? value.slice(0, 200) : (fallback[key] ?? '')
    }
    return filter
  }
  const filter = computed(inAddress)
  const filtered = computed(() => keys.some((key) => filter.value[key] !== (fallback[key] ?? '')))

  /** An answer that was overtaken by a newer question is dropped. */
  async function load(more = false): Promise<void> {
    const mine = ++turn
    const busy = more ? loadingMore : loading
    busy.value = true
    error.value = null
    try {
      const page = await fetchPage(filter.value, more ? cursor.value : '')
      if (mine !== turn) return
      rows.value = more ? [...rows.value, ...page.rows] : page.rows
      cursor.value = page.cursor
    } catch (e) {
      if (mine !== turn) return
      error.value = e
      if (!more) rows.value = []
    } finally {
      if (mine === turn) loading.value = loadingMore.value = false
    }
  }

  function apply(): void {
    const query: Record<string, string> = {}
    for (const key of keys) {
      const value = (form[key] ?? '').trim()
      if (value !== (fallback[key] ?? '')) query[key] = value
    }
    if (keys.every((key) => (query[key] ?? fallback[key] ?? '') === filter.value[key])) void load()
    else void router.push({ path, query })
  }

  function reset(): void {
    for (const key of keys) form[key] = fallback[key] ?? ''
    apply()
  }

  watch(
    () => (route.path === path ? JSON.stringify(filter.value) : ''),
    (text) => {
      if (text === '') return
      Object.assign(form, filter.value)
      void load()
    },
    { immediate: true },
  )
  onScopeDispose(() => turn++)

  return { form, filter, filtered, rows, cursor, loading, loadingMore, error, load, apply, reset }
}
