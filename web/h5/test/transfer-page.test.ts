import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'
import TransferPage from '@/pages/TransferPage.vue'
import { useAccounts } from '@/stores/accounts'
import { useTransfer } from '@/stores/transfer'

const call = vi.hoisted(() => vi.fn())
vi.mock('@/lib/bank', () => ({ call, sealSecret: vi.fn(), zsc: vi.fn() }))
vi.mock('@zhangyin/shared/order', () => ({ checkOrderText: vi.fn() }))
vi.mock('@zhangyin/shared/client', () => ({ newIdempotencyKey: () => 'A'.repeat(32) }))

const account = {
  account_id: 'a1', kind: 'debit', alias: '', number: '6217 **** **** 1234',
  balance_fen: 100_00, available_fen: 80_00, state: 'active',
}

async function page() {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: { template: '<p />' } }],
  })
  const wrapper = mount(TransferPage, { attachTo: document.body, global: { plugins: [i18n, router] } })
  await flushPromises()
  const draft = useTransfer().draft
  Object.assign(draft, { number: '6217000000005566', name: '李丽', amount: '50' })
  await flushPromises()
  return { wrapper, draft, router }
}

beforeEach(() => {
  document.body.innerHTML = ''
  setActivePinia(createPinia())
  useAccounts().accounts = [account]
  call.mockReset()
})

describe('transfer form', () => {
  it.each([
    ['PAYEE_MISMATCH', [], 'to-name'],
    ['TRANSFER_LIMIT', [], 'amount'],
    ['BAD_FIELD', ['to_account_no'], 'to-number'],
  ])('after %s keeps what was typed and goes to the field at fault', async (code, fields, at) => {
    const { wrapper, draft } = await page()
    call.mockRejectedValue(Object.assign(new Error(code), { code, fields }))
    await wrapper.find('form').trigger('submit')
    await flushPromises()
    expect([draft.number, draft.name, draft.amount]).toEqual(['6217000000005566', '李丽', '50'])
    expect(document.activeElement!.getAttribute('data-test')).toBe(at)
    expect(wrapper.find('[role=alert]').text()).not.toContain(code)
    wrapper.unmount()
  })

  it('asks nothing of the server for more than is there', async () => {
    const { wrapper, draft } = await page()
    draft.amount = '80.01'
    await flushPromises()
    await wrapper.find('form').trigger('submit')
    await flushPromises()
    expect(call).not.toHaveBeenCalled()
    expect(wrapper.find('[data-test=error-amount]').text()).toContain('¥80.00')
    wrapper.unmount()
  })

  it('takes digits only for an account number', async () => {
    const { wrapper, draft } = await page()
    await wrapper.find('[data-test=to-number]').setValue('6217-00a0 0000１２３ 0055667788990')
    expect(draft.number).toBe('6217000000000556677')
    wrapper.unmount()
  })
})
