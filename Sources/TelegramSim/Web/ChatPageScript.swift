/// What the chat page does: it keeps one long poll on the open chat and draws what changed.
enum ChatPageScript {
  static let text = #"""
    'use strict';
    const $ = id => document.getElementById(id);
    const TEXTS = {
      en: { title: 'Telegram simulator', join: 'New person', name: 'Name', write: 'Message', edited: 'edited ',
        bot: 'bot', waiting: 'No bot has called yet. Start the bot; this page notices by itself.', start: 'START',
        empty: 'No messages yet. Press START.', block: 'Block', unblock: 'Unblock', blocked: 'You blocked this bot',
        copied: 'Copied', pick: 'Choose or add a person.', gone: 'The simulator does not answer. Trying again…' },
      zh: { title: 'Telegram 模拟器', join: '新建用户', name: '名字', write: '输入消息', edited: '已编辑 ', bot: '机器人',
        waiting: '还没有机器人连接。请启动机器人，本页会自动更新。', start: '开始', empty: '还没有消息，请点“开始”。',
        block: '停用', unblock: '解除停用', blocked: '你已停用此机器人', copied: '已复制', pick: '请选择或新建用户。',
        gone: '模拟器没有响应，正在重试…' },
      ru: { title: 'Симулятор Telegram', join: 'Новый человек', name: 'Имя', write: 'Сообщение', edited: 'изменено ',
        bot: 'бот', waiting: 'Бот ещё не подключался. Запустите его, страница обновится сама.', start: 'СТАРТ',
        empty: 'Сообщений пока нет. Нажмите СТАРТ.', block: 'Заблокировать', unblock: 'Разблокировать',
        blocked: 'Вы заблокировали бота', copied: 'Скопировано', pick: 'Выберите или добавьте человека.',
        gone: 'Симулятор не отвечает. Пробую снова…' } };
    const state = { people: [], bots: [], bot: null, chat: null, blocked: false, poll: null, busy: new Map() };
    const person = () => state.people.find(p => p.chat_id === state.chat);
    const t = key => {
      const code = (person()?.language_code || navigator.language || 'en').slice(0, 2);
      return (TEXTS[code] || TEXTS.en)[key];
    };
    const pause = ms => new Promise(done => setTimeout(done, ms));

    async function api(path, body, signal) {
      const url = path + (state.bot ? (path.includes('?') ? '&' : '?') + 'bot=' + state.bot : '');
      const reply = await fetch(url, body === undefined ? { signal }
        : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      const json = await reply.json();
      if (!reply.ok) throw Object.assign(new Error(json.error || reply.status), { status: reply.status });
      return json;
    }
    const attempt = action => async (...args) => {
      try { return await action(...args); } catch (error) { toast(error.message); }
    };
    function make(tag, props = {}, ...children) {
      const node = Object.assign(document.createElement(tag), props);
      node.append(...children);
      return node;
    }
    let toastTimer;
    function toast(text, ms = 3500) {
      $('toast').textContent = text;
      $('toast').hidden = false;
      clearTimeout(toastTimer);
      toastTimer = setTimeout(() => { $('toast').hidden = true; }, ms);
    }
    function alertBox(text) {
      $('alert').querySelector('p').textContent = text;
      if (!$('alert').open) $('alert').showModal();
    }
    async function copy(text) {
      try { await navigator.clipboard.writeText(text); } catch {
        const area = make('textarea', { value: text });
        document.body.append(area); area.select(); document.execCommand('copy'); area.remove();
      }
      toast(t('copied') + ': ' + text, 1800);
    }
    const avatar = (node, p) => {
      node.className = 'avatar c' + (p.chat_id % 5);
      node.textContent = [...p.first_name][0].toUpperCase();
      return node;
    };

    function drawFrame() {
      document.querySelectorAll('[data-t]').forEach(node => { node.textContent = t(node.dataset.t); });
      document.documentElement.lang = person()?.language_code || 'en';
      $('name').placeholder = t('name');
      $('text').placeholder = t('write');
      const bot = state.bots.find(b => b.id === state.bot);
      $('botname').textContent = bot ? bot.first_name : '—';
      $('face').textContent = bot ? bot.first_name[0] : '';
      $('status').textContent = state.blocked ? t('blocked') : bot ? '@' + bot.username + ' · ' + t('bot') : '';
      $('block').textContent = t(state.blocked ? 'unblock' : 'block');
      $('block').hidden = $('commands').hidden = !bot || !person();
      $('compose').hidden = !bot || !person() || state.blocked;
      $('bots').hidden = state.bots.length < 2;
      $('bots').replaceChildren(...state.bots.map(b =>
        make('option', { value: b.id, textContent: '@' + b.username, selected: b.id === state.bot })));
      $('people').replaceChildren(...state.people.map(p => {
        const row = make('button', { type: 'button', onclick: () => open(p.chat_id) }, avatar(make('div'), p),
          make('span', {}, p.first_name, make('small', { textContent: p.language_code + ' · ' + p.chat_id })));
        if (p.chat_id === state.chat) row.setAttribute('aria-current', 'true');
        return row;
      }));
      drawHint();
    }
    function drawHint() {
      const why = !state.bot ? 'waiting' : !person() ? 'pick' : $('log').children.length ? null : 'empty';
      $('hint').hidden = !why;
      $('hint').replaceChildren(why ? t(why) : '');
      if (why === 'empty' && !state.blocked) {
        $('hint').append(make('p', {}, make('button', { textContent: t('start'), onclick: () => say('/start') })));
      }
    }

    function keys(message) {
      const rows = message.reply_markup?.inline_keyboard || [];
      return make('div', { className: 'keys' }, ...rows.map(row => make('div', {}, ...row.map(key => {
        const node = make('button', { type: 'button', textContent: key.text, className: key.style || '' });
        if (key.callback_data !== undefined) {
          node.onclick = () => press(message.message_id, key.callback_data, node);
        } else if (key.copy_text) {
          node.append(make('span', { className: 'corner copy' }));
          node.onclick = () => copy(key.copy_text.text);
        } else if (key.url) {
          node.append(make('span', { className: 'corner', textContent: '↗' }));
          node.onclick = () => window.open(key.url, '_blank', 'noopener');
        } else { node.disabled = true; }
        return node;
      }))));
    }
    function draw(message, live) {
      const id = 'm' + message.message_id, old = $(id);
      const row = make('div', { id, className: 'row ' + message.from });
      const time = new Date(message.date * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      const bubble = make('div', { className: 'bubble' + (old && live ? ' changed' : '') });
      bubble.innerHTML = message.html;
      if (message.photo) {
        const { url, width, height } = message.photo;
        bubble.prepend(make('img', { src: url, width, height, alt: message.text }));
      }
      bubble.append(make('span', { className: 'meta', textContent: (message.edit_date ? t('edited') : '') + time }));
      row.append(bubble);
      if (message.reply_markup) row.append(keys(message));
      if (old) old.replaceWith(row); else $('log').append(row);
      row.querySelectorAll('time[data-unix]').forEach(tick);
    }
    function tick(node) {
      const date = new Date(node.dataset.unix * 1000), format = node.dataset.format;
      if (!format) { node.title = date.toLocaleString(); return; }
      if (!format.startsWith('r')) { node.textContent = date.toLocaleString(); return; }
      const s = Math.round((date - Date.now()) / 1000), a = Math.abs(s);
      const [n, unit] = a < 60 ? [s, 'second'] : a < 3600 ? [s / 60, 'minute'] : a < 86400 ? [s / 3600,
        'hour'] : [s / 86400, 'day'];
      node.textContent = new Intl.RelativeTimeFormat(document.documentElement.lang).format(Math.trunc(n), unit);
    }
    setInterval(() => document.querySelectorAll('time[data-unix]').forEach(tick), 1000);

    function show(changes, live) {
      const log = $('log'), low = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
      const fresh = changes.messages.some(m => !$('m' + m.message_id));
      changes.messages.forEach(m => draw(m, live));
      changes.deleted.forEach(d => $('m' + d.message_id)?.remove());
      if (live) changes.toasts.forEach(answered);
      if (state.blocked !== changes.blocked) { state.blocked = changes.blocked; drawFrame(); }
      drawHint();
      if (fresh || low) log.scrollTop = log.scrollHeight;
    }
    function answered(note) {
      state.busy.get(note.callback_id)?.classList.remove('busy');
      state.busy.delete(note.callback_id);
      if (note.text) note.show_alert ? alertBox(note.text) : toast(note.text);
    }

    async function follow() {
      state.poll?.abort();
      const poll = state.poll = new AbortController(), base = '/sim/chats/' + state.chat + '/messages?after_version=';
      $('log').replaceChildren();
      state.busy.clear();
      if (!state.bot || !person()) return;
      let version = 0, first = true;
      while (!poll.signal.aborted) {
        try {
          const changes = await api(base + version + '&wait=' + (first ? 0 : 25), undefined, poll.signal);
          if (poll.signal.aborted) return;
          show(changes, !first);
          version = changes.version;
          first = false;
        } catch (error) {
          if (poll.signal.aborted) return;
          toast(error.status ? error.message : t('gone'));
          await pause(2000);
        }
      }
    }
    function open(chat) {
      state.chat = chat;
      state.blocked = false;
      location.hash = chat ? 'chat=' + chat : '';
      document.body.classList.toggle('open', !!chat);
      $('menu').hidden = true;
      drawFrame();
      follow();
    }
    const say = attempt(async text => { await api('/sim/chats/' + state.chat + '/messages', { text }); });
    const press = attempt(async (message_id, data, node) => {
      node.classList.add('busy');
      try {
        const reply = await api('/sim/chats/' + state.chat + '/press', { message_id, data });
        state.busy.set(reply.callback_id, node);
        setTimeout(() => answered({ callback_id: reply.callback_id }), 15000);
      } catch (error) { node.classList.remove('busy'); throw error; }
    });

    $('join').onsubmit = attempt(async event => {
      event.preventDefault();
      const made = await api('/sim/chats', { first_name: $('name').value.trim(), language_code: $('language').value });
      $('name').value = '';
      await refresh();
      open(made.chat_id);
    });
    $('compose').onsubmit = event => {
      event.preventDefault();
      const text = $('text').value.trim();
      if (!text) return;
      $('text').value = '';
      $('text').style.height = '';
      $('menu').hidden = true;
      say(text);
    };
    $('text').onkeydown = event => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        $('compose').requestSubmit();
      }
    };
    $('text').oninput = event => {
      event.target.style.height = 'auto';
      event.target.style.height = event.target.scrollHeight + 2 + 'px';
    };
    $('commands').onclick = attempt(async () => {
      if (!$('menu').hidden) { $('menu').hidden = true; return; }
      const { commands } = await api('/sim/chats/' + state.chat + '/commands');
      $('menu').replaceChildren(...commands.map(c => make('button', { type: 'button',
        onclick: () => { $('menu').hidden = true; say('/' + c.command); } },
        make('b', { textContent: '/' + c.command }), c.description)));
      $('menu').hidden = !commands.length;
    });
    $('block').onclick = attempt(() => api('/sim/chats/' + state.chat + (state.blocked ? '/unblock' : '/block'), {}));
    $('back').onclick = () => open(null);
    $('bots').onchange = event => { state.bot = Number(event.target.value); state.blocked = false; drawFrame();
      follow(); };
    $('log').onclick = event => {
      const command = event.target.closest('.command'), code = event.target.closest('code');
      if (command) say(command.dataset.command);
      else if (code) copy(code.textContent);
    };
    async function refresh() {
      const before = JSON.stringify([state.people, state.bots]);
      const [{ bots }, { chats }] = await Promise.all([api('/sim/bots'), api('/sim/chats')]);
      const known = bots.map(({ pending_update_count, ...bot }) => bot);
      [state.bots, state.people] = [known, chats];
      const hadBot = state.bot;
      if (!known.some(b => b.id === state.bot)) state.bot = known[0]?.id ?? null;
      if (JSON.stringify([chats, known]) !== before) drawFrame();
      if (state.bot !== hadBot && state.chat) follow();
    }
    (async () => {
      drawFrame();
      let started = false;
      for (;;) {
        try {
          await refresh();
          if (!started) {
            started = true;
            const wanted = Number(new URLSearchParams(location.hash.slice(1)).get('chat'));
            const only = state.people.length === 1 && innerWidth > 720 ? state.people[0].chat_id : null;
            const first = state.people.some(p => p.chat_id === wanted) ? wanted : only;
            if (first) open(first);
          }
        } catch { toast(t('gone')); }
        await pause(2000);
      }
    })();
    """#
}
