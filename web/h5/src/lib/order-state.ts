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

const MOVES_MONEY = ['transfer.internal', 'transfer.interbank']

export function movesMoney(kind: string): boolean {
  return MOVES_MONEY.includes(kind)
}

/** The word for a state: of an order that moves no money nothing "was transferred". */
export function stateKey(order: { kind: string; state: OrderState }): string {
  const plain = !movesMoney(order.kind) && (order.state === 'posted' || order.state === 'failed')
  return `order.${plain ? 'stateOther' : 'state'}.${order.state}`
}

export function orderTone(state: OrderState | undefined): Tone {
  return (state && TONES[state]) ?? 'wait'
}
