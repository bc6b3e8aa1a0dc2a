/** A new password typed twice, and the server's reason when it is refused. */
import { reactive, ref, watch, type Raw } from 'vue'
import { SecretBuffer } from '@/keyboard/secret'
import { i18n } from '@/i18n'
import { errorCode, errorText } from './errors'
import { coverCount } from './guard'

export const LOGIN_MAX = 64
export const PIN_LENGTH = 6

export interface TypedSecret {
  secret: Raw<SecretBuffer>
  length: number
}

/** A field's secret with its reactive length; empty again when the background cover has come. */
export function typedSecret(max: number): TypedSecret {
  const typed = reactive({ secret: new SecretBuffer(max) as Raw<SecretBuffer>, length: 0 })
  watch(coverCount, () => (typed.length = 0))
  return typed
}

export function forget(...all: TypedSecret[]): void {
  for (const typed of all) {
    typed.secret.clear()
    typed.length = 0
  }
}

export function useNewPassword(max: number) {
  const fresh = typedSecret(max)
  const again = typedSecret(max)
  const error = ref('')

  function complete(): boolean {
    const { t } = i18n.global
    const minimum = max === PIN_LENGTH ? PIN_LENGTH : 8
    if (fresh.length < minimum) error.value = t('password.flaw.length')
    else if (!fresh.secret.equals(again.secret)) error.value = t('password.differ')
    else error.value = ''
    return error.value === ''
  }

  /** True when the new password itself was refused. */
  function explain(e: unknown): boolean {
    if (errorCode(e) !== 'PASSWORD_WEAK') return false
    const { t, te } = i18n.global
    const flaw = (e as { body?: { flaw?: string } }).body?.flaw ?? ''
    error.value = te(`password.flaw.${flaw}`) ? t(`password.flaw.${flaw}`) : errorText(e)
    forget(fresh, again)
    return true
  }

  return { fresh, again, error, complete, explain }
}
