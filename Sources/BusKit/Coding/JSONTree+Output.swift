import Foundation

extension JSONTree {
  /// The whole value as text: keys in the order of their bytes; of a key that was encoded twice, the later value.
  func output() -> [UInt8] {
    // Each entry's text once, with a comma; `{}` where an entry has nothing; the brackets of each container.
    let most = bytes.count + 3 * entries.count + 2 * containers.count
    return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      var cursor = base
      write(Self.root, to: &cursor)
      count = cursor - base
    }
  }

  /// Recursion ends at `depthMax`: deeper containers were never hung into the tree.
  private func write(_ index: Int, to cursor: inout UnsafeMutablePointer<UInt8>) {
    let entry = entries[index]
    cursor.update(from: bytes.base + entry.text.lowerBound, count: entry.text.count)
    cursor += entry.text.count
    switch entry.content {
    case .scalar, .dropped: break
    case .nothing:
      cursor[0] = UInt8(ascii: "{")
      cursor[1] = UInt8(ascii: "}")
      cursor += 2
    case .container(let child):
      let container = containers[child]
      put(container.isObject ? "{" : "[", to: &cursor)
      if !container.isObject || isOrdered(container) {
        writeInTurn(container, to: &cursor)
      } else {
        writeSorted(container, to: &cursor)
      }
      put(container.isObject ? "}" : "]", to: &cursor)
    }
  }

  private func put(_ character: Unicode.Scalar, to cursor: inout UnsafeMutablePointer<UInt8>) {
    cursor.pointee = UInt8(truncatingIfNeeded: character.value)
    cursor += 1
  }

  private func writeInTurn(_ container: Container, to cursor: inout UnsafeMutablePointer<UInt8>) {
    var index = container.first
    var isFirst = true
    while index >= 0 {
      if entries[index].content != .dropped {
        if !isFirst { put(",", to: &cursor) }
        isFirst = false
        write(index, to: &cursor)
      }
      index = entries[index].next
    }
  }

  private func writeSorted(_ container: Container, to cursor: inout UnsafeMutablePointer<UInt8>) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: container.count) { order in
      var count = 0
      var index = container.first
      while index >= 0 {
        if entries[index].content != .dropped, count < order.count {
          order.initializeElement(at: count, to: index)
          count += 1
        }
        index = entries[index].next
      }
      let sorted = UnsafeMutableBufferPointer(rebasing: order[..<count])
      sort(sorted)
      for place in 0..<count where place + 1 == count || compare(sorted[place], sorted[place + 1]) != 0 {
        write(sorted[place], to: &cursor)
        put(",", to: &cursor)
      }
      if count > 0 { cursor -= 1 }
    }
  }

  // MARK: - Order of keys

  private func isOrdered(_ container: Container) -> Bool {
    var index = container.first
    while index >= 0 {
      let next = entries[index].next
      if next >= 0, compare(index, next) >= 0 { return false }
      index = next
    }
    return true
  }

  private func sort(_ order: UnsafeMutableBufferPointer<Int>) {
    // Entries are numbered as they were begun, so of equal keys the later one stays behind.
    func precedes(_ a: Int, _ b: Int) -> Bool {
      let order = compare(a, b)
      return order < 0 || (order == 0 && a < b)
    }
    guard order.count <= 32 else {
      var order = order
      return order.sort(by: precedes)
    }
    for place in order.indices.dropFirst() {
      let moving = order[place]
      var hole = place
      while hole > 0, precedes(moving, order[hole - 1]) {
        order[hole] = order[hole - 1]
        hole -= 1
      }
      order[hole] = moving
    }
  }

  private func compare(_ a: Int, _ b: Int) -> Int {
    let (first, second) = (entries[a], entries[b])
    if first.prefix != second.prefix { return first.prefix < second.prefix ? -1 : 1 }
    let common = min(first.key.count, second.key.count)
    let order = memcmp(bytes.base + first.key.lowerBound, bytes.base + second.key.lowerBound, common)
    return order != 0 ? Int(order) : first.key.count - second.key.count
  }
}
