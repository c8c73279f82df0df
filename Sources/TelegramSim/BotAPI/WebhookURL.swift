import Foundation

/// Webhooks leave this machine in no case.
enum WebhookURL {
  static func isLoopback(_ text: String) -> Bool {
    guard let url = URLComponents(string: text), url.scheme == "http", let host = url.host, url.user == nil else {
      return false
    }
    return ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host.lowercased())
  }
}
