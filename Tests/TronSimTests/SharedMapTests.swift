import TestKit
import Testing

@testable import TronSim

@Suite struct SharedMapTests {
  @Test func `it holds what a dictionary holds, and so does each of its copies`() {
    var generator = SeededGenerator(seed: 1)
    var map = SharedMap<Int, Int>()
    var model: [Int: Int] = [:]
    var copies: [(SharedMap<Int, Int>, [Int: Int])] = []
    for step in 0..<5_000 {
      let key = Int.random(in: 0..<1_000, using: &generator)
      let value = Int.random(in: 0..<4, using: &generator) == 0 ? nil : step
      map[key] = value
      model[key] = value
      if step.isMultiple(of: 500) { copies.append((map, model)) }
    }
    for (map, model) in copies + [(map, model)] {
      #expect(map.count == model.count)
      #expect(Dictionary(uniqueKeysWithValues: map.map { ($0.key, $0.value) }) == model)
      #expect((0..<1_000).allSatisfy { map[$0] == model[$0] })
      #expect(map.keys.sorted() == model.keys.sorted())
    }
    #expect(copies.first?.0 != map)
  }

  @Test func `equal contents are equal, however they came about`() {
    var grown: SharedMap<String, Int> = ["a": 1]
    grown["b"] = 2
    grown["c", default: 5] += 1
    grown["a"] = nil
    #expect(grown == ["b": 2, "c": 6])
    #expect(!grown.isEmpty)
  }
}
