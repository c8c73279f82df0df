/// The markup of the chat page; `{{…}}` marks what `ChatPage` puts in.
enum ChatPageHTML {
  static let text = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <title>Telegram simulator</title>
    <link rel="icon" href="data:,">
    <style nonce="{{nonce}}">{{style}}</style>
    </head>
    <body>
    <aside id="side">
      <header><h1 data-t="title"></h1><select id="bots" hidden aria-label="Bot"></select></header>
      <nav id="people"></nav>
      <form id="join">
        <input id="name" maxlength="64" required autocomplete="off">
        <select id="language" aria-label="Language">
          <option value="en">English</option>
          <option value="zh-hans">中文</option>
          <option value="ru">Русский</option>
        </select>
        <button data-t="join"></button>
      </form>
    </aside>
    <main id="chat">
      <header>
        <button id="back" class="icon" aria-label="Back">‹</button>
        <div class="avatar" id="face"></div>
        <div class="who"><b id="botname"></b><small id="status"></small></div>
        <button id="block" class="plain"></button>
      </header>
      <section id="log" aria-live="polite"></section>
      <div id="hint" hidden></div>
      <div id="menu" hidden></div>
      <form id="compose">
        <button type="button" id="commands" class="icon" aria-label="Commands">/</button>
        <textarea id="text" rows="1" maxlength="4096" autocomplete="off"></textarea>
        <button id="send" aria-label="Send">➤</button>
      </form>
    </main>
    <div id="toast" role="status" hidden></div>
    <dialog id="alert"><p></p><form method="dialog"><button>OK</button></form></dialog>
    <script nonce="{{nonce}}">{{script}}</script>
    </body>
    </html>
    """#
}
