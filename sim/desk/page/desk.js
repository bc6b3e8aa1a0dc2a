'use strict'

const $ = (id) => document.getElementById(id)

/** An element with text inside; texts of others never become markup. */
function el(tag, text, className) {
  const e = document.createElement(tag)
  if (text !== undefined) e.textContent = text
  if (className) e.className = className
  return e
}

/** A value that a click copies. */
function copyable(value) {
  const b = el('button', value, 'copy')
  b.type = 'button'
  b.title = '点击复制 click to copy'
  b.addEventListener('click', async () => {
    await navigator.clipboard.writeText(value.replace(/\s/g, ''))
    b.classList.add('done')
    setTimeout(() => b.classList.remove('done'), 900)
  })
  return b
}

function rows(pairs) {
  const dl = el('dl')
  for (const [label, value] of pairs) {
    const dd = el('dd')
    dd.append(copyable(value))
    dl.append(el('dt', label), dd)
  }
  return dl
}

/** Puts this customer's SIM card into the phone: what the own-number check then says. Hidden where nobody plays the carrier. */
function simButton(phone) {
  const b = el('button', 'SIM', 'sim')
  b.type = 'button'
  b.hidden = true
  b.dataset.phone = phone
  b.title = '把此号码的SIM卡放入手机 put this SIM card into the phone'
  b.addEventListener('click', () => simCard({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ phone: b.classList.contains('on') ? '' : phone }) }))
  return b
}

async function simCard(request) {
  const answer = await fetch('/desk/simcard.json', { cache: 'no-store', ...request })
  if (!answer.ok) return
  const { phone } = await answer.json()
  for (const b of document.querySelectorAll('.sim')) {
    b.hidden = false
    b.classList.toggle('on', b.dataset.phone === phone)
    b.setAttribute('aria-pressed', String(b.dataset.phone === phone))
  }
}

function customerCard(c) {
  const card = el('div', undefined, 'card')
  const accounts = c.accounts.map((a) => ['卡号 Card', a.number.replace(/(.{4})(?=.)/g, '$1 ')])
  card.append(simButton(c.phone), el('h3', c.name), rows([['用户 User', c.user], ['登录密码 Login', c.password], ['交易密码 Payment', c.pay_password], ['手机 Phone', c.phone], ...accounts]))
  return card
}

const GRADES = { low: '可直接注册 at once', high: '需总行审批 head office decides', blacklist: '名单内，须到网点 on the blacklist' }

function unregisteredCard(p) {
  const card = el('div', undefined, 'card')
  card.append(el('h3', p.name), el('small', GRADES[p.grade] ?? p.grade), rows([['身份证 Identity', p.id_no], ['卡号 Card', p.card_no.replace(/(.{4})(?=.)/g, '$1 ')], ['取款密码 PIN', p.card_pin], ['手机 Phone', p.phone]]))
  return card
}

function staffRow(s) {
  const tr = el('tr')
  for (const value of [s.user, s.password]) {
    const td = el('td')
    td.append(copyable(value))
    tr.append(td)
  }
  tr.append(el('td', `${s.name} · ${s.role}`), el('td', s.code, 'code'))
  return tr
}

/** A token as a device: the code of the moment, and a field for a challenge. */
function tokenCard(t) {
  const card = el('div', undefined, 'card token')
  const now = el('p', t.code, 'lcd')
  const form = el('form')
  const field = el('input')
  const out = el('output')
  field.inputMode = 'numeric'
  field.maxLength = 8
  field.placeholder = '挑战码 challenge'
  field.setAttribute('aria-label', '挑战码 challenge')
  form.append(field, el('button', '确定 OK'), out)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const challenge = field.value.replace(/\D/g, '')
    if (!challenge) return
    const answer = await fetch('/desk/tokens.json', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ serial: t.serial, challenge })
    })
    out.replaceChildren(answer.ok ? copyable((await answer.json()).code) : '八位数字 eight digits')
  })
  card.dataset.serial = t.serial
  card.append(el('h3', t.serial), el('small', t.user || '库存 in stock'), now, form)
  return card
}

async function refreshTokens() {
  const answer = await fetch('/desk/tokens.json', { cache: 'no-store' })
  if (!answer.ok) return
  const tokens = await answer.json()
  if (!$('tokens').childElementCount) $('tokens').replaceChildren(...tokens.map(tokenCard))
  for (const t of tokens) document.querySelector(`[data-serial="${t.serial}"] .lcd`).textContent = t.code
  setTimeout(refreshTokens, ((tokens.length ? tokens[0].seconds : 60) + 0.3) * 1000)
}

async function refresh() {
  const answer = await fetch('/desk/people.json', { cache: 'no-store' })
  if (!answer.ok) return
  const people = await answer.json()
  $('console').href = people.console
  if (!$('customers').childElementCount) {
    $('customers').replaceChildren(...people.customers.map(customerCard))
    void simCard()
  }
  if (!$('unregistered').childElementCount) $('unregistered').replaceChildren(...(people.unregistered ?? []).map(unregisteredCard))
  $('staff').replaceChildren(...people.staff.map(staffRow))
  const seconds = people.staff.length ? people.staff[0].seconds : 30
  setTimeout(refresh, (seconds + 0.3) * 1000)
}

/** One text, the code in it large. */
function smsItem(sms) {
  const li = el('li')
  const time = new Date(sms.at).toLocaleTimeString('zh-CN', { hour12: false })
  li.append(el('small', `${time} · ${sms.phone}`), el('br'))
  const found = /\d{6}/.exec(sms.text)
  if (!found) li.append(sms.text)
  else li.append(sms.text.slice(0, found.index), el('b', found[0]), sms.text.slice(found.index + 6))
  return li
}

const texts = new EventSource('/desk/inbox')
const seen = new Set()
texts.addEventListener('open', () => $('live').classList.add('on'))
texts.addEventListener('error', () => $('live').classList.remove('on'))
texts.addEventListener('sms', (event) => {
  if (seen.has(event.data)) return
  seen.add(event.data)
  $('empty').hidden = true
  $('sms').prepend(smsItem(JSON.parse(event.data)))
})
void refresh()
void refreshTokens()
