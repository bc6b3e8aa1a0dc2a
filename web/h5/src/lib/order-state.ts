import type { OrderState } from '@zhangyin/shared/api'

export type Tone = 'good' | 'wait' | 'bad'

const TONES: Record<OrderState, Tone> = {
  prepared: 'wait',
  challenged: 'wait',
  authorised: 'wait',
  posted: 'good',
  held: 'wait',
  pending: 'wait',
  settled: 'good',
  refused: 'bad',
  cancelled: 'bad',
  expired: 'bad',
  failed: 'bad',
  reversed: 'bad',
}

export function orderTone(state: OrderState | undefined): Tone {
  return (state && TONES[state]) ?? 'wait'
}
