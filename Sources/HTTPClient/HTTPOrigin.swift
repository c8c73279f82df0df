/// The checked beginning of a URL, `scheme://host[:port]`: the only part of it that errors repeat.
struct HTTPOrigin: Hashable, Sendable, CustomStringConvertible {
  let description: String

  /// RFC 7230 asks servers for at least 8,000.
  static let urlLengthMax = 16 * 1024

  init(ofURL url: String) throws(HTTPError) {
    guard url.utf8.count <= Self.urlLengthMax else {
      throw HTTPError(.invalidURL, "the URL is \(url.utf8.count) bytes long; at most \(Self.urlLengthMax) are allowed")
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw HTTPError(.invalidURL, "the URL has a space, a control or a non-ASCII character; percent-encode it")
    }
    let scheme = url.prefix { $0 != ":" }.lowercased()
    guard scheme == "http" || scheme == "https", url.dropFirst(scheme.count).hasPrefix("://") else {
      throw HTTPError(.invalidURL, "the URL does not begin with http:// or https://")
    }
    let authority = url.dropFirst(scheme.count + 3).prefix { !"/?#\\".contains($0) }
    guard !authority.isEmpty, authority != ":" else {
      throw HTTPError(.invalidURL, "the URL has no host after \(scheme)://")
    }
    guard !authority.contains("@") else {
      throw HTTPError(.invalidURL, "the URL has a user name or password; send them in a header")
    }
    description = "\(scheme)://\(authority)"
  }
}
