import { ref, type Ref } from 'vue'
import { errorCode, errorText } from './errors'

export interface Loader {
  loading: Ref<boolean>
  error: Ref<string>
  run: (work: () => Promise<unknown>) => Promise<boolean>
}

/** Runs one thing at a time and keeps its failure in words. A lost login is shown by the login page. */
export function useLoader(): Loader {
  const loading = ref(false)
  const error = ref('')
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (loading.value) return false
    loading.value = true
    error.value = ''
    try {
      await work()
      return true
    } catch (e) {
      if (errorCode(e) !== 'LOGIN_REQUIRED') error.value = errorText(e)
      return false
    } finally {
      loading.value = false
    }
  }
  return { loading, error, run }
}
