import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A webhook on loopback must not send updates elsewhere: a redirect counts as the answer, and so as a failure.
final class RedirectRefusal: NSObject, URLSessionTaskDelegate {
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }
}
