import Hummingbird

/// The chat page.
enum ChatPage {
  private static let page = ChatPageHTML.text.replacing("{{style}}", with: ChatPageStyle.text)
    .replacing("{{script}}", with: ChatPageScript.text)

  /// The page with a fresh nonce: only its own script runs, whatever a bot writes.
  static func response() -> Response {
    let nonce = String((0..<24).compactMap { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() })
    let html = page.replacing("{{nonce}}", with: nonce)
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
        .contentSecurityPolicy:
          "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
          + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
  }
}
