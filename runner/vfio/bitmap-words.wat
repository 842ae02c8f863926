;; Counting in a bitmap where it lies, 16 bytes at a time. Addresses and lengths are multiples of 64 bytes and inside the memory; the
;; caller sees to both. Byte order does not matter to a count.
(module
  (import "bitmap" "memory" (memory 1))

  ;; Adds the four 32-bit lanes.
  (func $sum (param $lanes v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
      (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes)))))

  ;; Sums bytes into four 32-bit lanes.
  (func $widen (param $bytes v128) (result v128)
    (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (local.get $bytes))))

  ;; Bits set in $length bytes at $at.
  (func (export "count") (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $total v128)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        ;; Four vectors have at most 32 bits in the place of each byte.
        (local.set $total (i32x4.add (local.get $total) (call $widen
          (i8x16.add
            (i8x16.add
              (i8x16.popcnt (v128.load (local.get $at)))
              (i8x16.popcnt (v128.load offset=16 (local.get $at))))
            (i8x16.add
              (i8x16.popcnt (v128.load offset=32 (local.get $at)))
              (i8x16.popcnt (v128.load offset=48 (local.get $at))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (call $sum (local.get $total)))

  ;; Bits set in $length bytes at $one and not at $other, and those set at $other and not at $one.
  (func (export "differences") (param $one i32) (param $other i32) (param $length i32) (result i32 i32)
    (local $end i32) (local $less v128) (local $more v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $one) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $one) (local.get $end)))
        (local.set $a (v128.load (local.get $one)))
        (local.set $b (v128.load (local.get $other)))
        (local.set $c (v128.load offset=16 (local.get $one)))
        (local.set $d (v128.load offset=16 (local.get $other)))
        (local.set $less (i32x4.add (local.get $less) (call $widen (i8x16.add
          (i8x16.popcnt (v128.andnot (local.get $a) (local.get $b)))
          (i8x16.popcnt (v128.andnot (local.get $c) (local.get $d)))))))
        (local.set $more (i32x4.add (local.get $more) (call $widen (i8x16.add
          (i8x16.popcnt (v128.andnot (local.get $b) (local.get $a)))
          (i8x16.popcnt (v128.andnot (local.get $d) (local.get $c)))))))
        (local.set $one (i32.add (local.get $one) (i32.const 32)))
        (local.set $other (i32.add (local.get $other) (i32.const 32)))
        (br $next)))
    (call $sum (local.get $less))
    (call $sum (local.get $more)))

  ;; The first 64 bytes from $at that are not all $byte, or $end.
  (func (export "skip") (param $at i32) (param $end i32) (param $byte i32) (result i32)
    (local $same v128)
    (local.set $same (i8x16.splat (local.get $byte)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $done (v128.any_true (v128.or
          (v128.or
            (v128.xor (v128.load (local.get $at)) (local.get $same))
            (v128.xor (v128.load offset=16 (local.get $at)) (local.get $same)))
          (v128.or
            (v128.xor (v128.load offset=32 (local.get $at)) (local.get $same))
            (v128.xor (v128.load offset=48 (local.get $at)) (local.get $same))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (local.get $at))
)
