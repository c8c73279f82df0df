/// The look of the chat page: two panes, one on a phone; light or dark as the browser wishes.
enum ChatPageStyle {
  static let text = #"""
    :root { color-scheme: light dark; --bg: #fff; --side: #f4f5f7; --line: #dfe3e8; --ink: #14181d; --dim: #6b7682;
      --wall: #dfe9f1; --mine: #e1fbc9; --theirs: #fff; --accent: #2a8bd8; --key: #ffffffd9; --press: #cfe3f4; }
    @media (prefers-color-scheme: dark) { :root { --bg: #17212b; --side: #1b2733; --line: #0d151c; --ink: #eef3f7;
      --dim: #8296a8; --wall: #0e1621; --mine: #2b5278; --theirs: #1f2c39; --accent: #5eb0ef; --key: #243443;
      --press: #33506b; } }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    html, body { height: 100%; margin: 0; }
    body { display: flex; height: 100dvh; background: var(--bg); color: var(--ink);
      font: 15px/1.45 system-ui, "Noto Sans CJK SC", sans-serif; }
    button, input, select, textarea { font: inherit; color: inherit; }
    button { cursor: pointer; border: 0; border-radius: 9px; background: var(--accent); color: #fff;
      padding: 8px 12px; }
    button:focus-visible, input:focus-visible, textarea:focus-visible,
      select:focus-visible { outline: 2px solid var(--accent);
      outline-offset: 1px; }
    button.icon, button.plain { background: none; color: var(--accent); }
    button.icon { font-size: 22px; line-height: 1; padding: 6px 10px; }
    input, select, textarea { border: 1px solid var(--line); border-radius: 9px; background: var(--bg);
      padding: 8px 10px;
      min-width: 0; }
    aside { width: 290px; flex: none; display: flex; flex-direction: column; background: var(--side);
      border-right: 1px solid var(--line); }
    aside header { padding: 14px 16px 8px; }
    aside select#bots { width: 100%; }
    h1 { font-size: 17px; margin: 0 0 6px; }
    nav { flex: 1; overflow-y: auto; }
    nav button { display: flex; gap: 12px; align-items: center; width: 100%; background: none; color: inherit;
      text-align: left; border-radius: 0; padding: 10px 16px; }
    nav button[aria-current] { background: var(--press); }
    nav small, .who small { display: block; color: var(--dim); }
    .avatar { width: 40px; height: 40px; flex: none; border-radius: 50%; display: grid; place-items: center;
      color: #fff;
      font-weight: 600; background: #4b94cf; }
    .c1 { background: #d9764a; } .c2 { background: #5ba85b; } .c3 { background: #8d6cc4; } .c4 { background: #c9599a; }
    #join { display: grid; grid-template-columns: 1fr auto; gap: 8px; padding: 12px;
      border-top: 1px solid var(--line); }
    #join button { grid-column: 1 / -1; }
    main { flex: 1; min-width: 0; display: flex; flex-direction: column; background: var(--wall); }
    main > header { display: flex; gap: 10px; align-items: center; padding: 8px 14px; background: var(--bg);
      border-bottom: 1px solid var(--line); }
    .who { flex: 1; min-width: 0; line-height: 1.25; }
    #back { display: none; }
    #log { flex: 1; overflow-y: auto; padding: 16px max(14px, calc((100% - 720px) / 2)); display: flex;
      flex-direction: column; gap: 6px; }
    .row { display: flex; flex-direction: column; max-width: min(85%, 520px); align-self: flex-start; }
    .row.user { align-self: flex-end; }
    .row:has(.keys) { min-width: min(85%, 340px); }
    .bubble { background: var(--theirs); border-radius: 14px 14px 14px 4px; padding: 7px 12px 5px;
      white-space: pre-wrap;
      overflow-wrap: anywhere; box-shadow: 0 1px 1px #0002; }
    .user .bubble { background: var(--mine); border-radius: 14px 14px 4px 14px; }
    .bubble.changed { animation: changed 1.2s; }
    @keyframes changed { from { box-shadow: 0 0 0 3px var(--accent); } }
    .meta { display: block; text-align: right; font-size: 11px; color: var(--dim); margin-top: 1px; }
    .bubble a { color: var(--accent); cursor: pointer; }
    code, pre { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
    .bubble code { background: #8883; border-radius: 4px; padding: 1px 3px; cursor: copy; }
    .bubble pre { background: #8882; border-radius: 8px; padding: 8px; margin: 4px 0; white-space: pre-wrap; }
    .bubble blockquote { margin: 4px 0; padding: 2px 8px; border-left: 3px solid var(--accent); background: #8881; }
    .bubble img { display: block; width: 100%; max-width: 320px; height: auto; border-radius: 8px; margin: 2px 0 8px; }
    .spoiler { background: #888; color: transparent; border-radius: 4px; } .spoiler:hover { background: #8883;
      color: inherit; }
    .keys { display: grid; gap: 4px; margin-top: 4px; }
    .keys > div { display: flex; gap: 4px; }
    .keys button { flex: 1; min-width: 0; min-height: 38px; background: var(--key); color: var(--accent);
      font-weight: 500;
      overflow-wrap: anywhere; position: relative; padding: 6px 10px; }
    .keys button:hover { background: var(--press); }
    .keys button.busy { opacity: .6; } .keys button.busy::after { content: "…"; }
    .keys button.success { background: #3a9d55; color: #fff; } .keys button.danger { background: #cf4b45; color: #fff; }
    .keys button.primary { background: #2a7fc8; color: #fff; }
    .keys .corner { position: absolute; top: 2px; right: 6px; font-size: 11px; opacity: .7; }
    .keys .copy { top: 6px; width: 8px; height: 9px; border: 1px solid; border-radius: 2px; }
    #hint { margin: auto; padding: 10px 16px; color: var(--dim); text-align: center; }
    #menu { background: var(--bg); border-top: 1px solid var(--line); max-height: 40vh; overflow-y: auto; }
    #menu button { display: block; width: 100%; text-align: left; background: none; color: inherit; border-radius: 0;
      padding: 9px 16px; }
    #menu b { color: var(--accent); margin-right: 10px; }
    #compose { display: flex; gap: 6px; align-items: flex-end;
      padding: 8px 12px calc(8px + env(safe-area-inset-bottom));
      background: var(--bg); border-top: 1px solid var(--line); }
    #text { flex: 1; resize: none; max-height: 140px; border-radius: 18px; padding: 8px 14px; }
    #send { border-radius: 50%; width: 40px; height: 40px; padding: 0; }
    #toast { position: fixed; left: 50%; bottom: 86px; transform: translateX(-50%); background: #1d252ef2; color: #fff;
      padding: 10px 16px; border-radius: 10px; max-width: 86vw; }
    dialog { border: 0; border-radius: 14px; background: var(--bg); color: var(--ink); max-width: 340px;
      padding: 20px; }
    dialog::backdrop { background: #0007; }
    dialog p { margin: 0 0 16px; white-space: pre-wrap; }
    dialog form { text-align: right; }
    @media (max-width: 720px) { aside { width: 100%; border: 0; } main { display: none; } #back { display: block; }
      body.open aside { display: none; } body.open main { display: flex; } #log { padding: 12px; }
        .row { max-width: 92%; } .row:has(.keys) { min-width: 75%; } }
    """#
}
